import type { Middleware } from 'koa'
import type { Storage } from '../storage.ts'
import { toInteractionUrl } from './routes.ts'

/** How a `request_uri` begins that this server gave out. */
const prefix = 'urn:ietf:params:oauth:request_uri:'

/** Which interaction a pushed request is in, since it was opened. The marker is in the place of the parameters. */
export interface PushedRequests {
  /**
   * Notes that a pushed request was opened. Resolves to false if it was opened before.
   *
   * @param lifetime - seconds of the interaction
   */
  open(id: string, interaction: string, lifetime: number): Promise<boolean>
  /** Notes the next interaction of the same request, for example the consent after the sign-in. */
  moveOn(id: string, interaction: string, lifetime: number): Promise<void>
  /** Sends a browser that opens a request again to its interaction, which belongs to the browser that opened it first. */
  readonly middleware: Middleware
}

export function createPushedRequests(storage: Storage, issuer: string): PushedRequests {
  const records = storage.records('PushedAuthorizationRequest')
  const markerOf = (id: string): string => `opened:${id}`
  return {
    async open(id, interaction, lifetime) {
      if (!(await records.insert(markerOf(id), { interaction }, lifetime))) return false
      await records.destroy(id)
      return true
    },
    moveOn: (id, interaction, lifetime) => records.upsert(markerOf(id), { interaction }, lifetime),
    async middleware(ctx, next) {
      const { request_uri: uri } = ctx.query
      if (typeof uri !== 'string' || !uri.startsWith(prefix)) return next()
      const marker = await records.find(markerOf(uri.slice(prefix.length)))
      if (marker === undefined) return next()
      ctx.status = 303
      ctx.redirect(toInteractionUrl(issuer, String(marker['interaction'])))
    },
  }
}
