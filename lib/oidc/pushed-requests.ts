import type { Middleware } from 'koa'
import type { Config } from '../config/config.ts'
import type { RecordStorage } from '../storage.ts'
import { toInteractionUrl } from '../paths.ts'

/** The beginning of each `request_uri` of this server. */
const prefix = 'urn:ietf:params:oauth:request_uri:'

/** The id of the note that names the interaction of an opened request. It replaces the parameters. */
const markerOf = (id: string): string => `opened:${id}`

/**
 * Notes that a pushed request was opened, and removes its parameters, which the interaction has now. Resolves to false if it was
 * opened before.
 *
 * @param lifetime - seconds of the interaction
 */
export async function open(
  pushes: RecordStorage,
  { id, interaction, lifetime }: Opening,
): Promise<boolean> {
  if (!(await pushes.insert(markerOf(id), { interaction }, lifetime))) return false
  await pushes.destroy(id)
  return true
}

/** Notes the next interaction of the same request, for example the consent after the sign-in. */
export const moveOn = (
  pushes: RecordStorage,
  { id, interaction, lifetime }: Opening,
): Promise<void> => pushes.upsert(markerOf(id), { interaction }, lifetime)

interface Opening {
  readonly id: string
  readonly interaction: string
  readonly lifetime: number
}

/**
 * Sends a browser that opens a pushed request again to its interaction. That interaction belongs to the browser that opened it
 * first, and shows nothing to any other.
 */
export function findOpened({ storage, issuer }: Pick<Config, 'storage' | 'issuer'>): Middleware {
  const pushes = storage.records('PushedAuthorizationRequest')
  return async (ctx, next) => {
    const { request_uri: uri } = ctx.query
    if (typeof uri !== 'string' || !uri.startsWith(prefix)) return next()
    const marker = await pushes.find(markerOf(uri.slice(prefix.length)))
    if (marker === undefined) return next()
    ctx.status = 303
    ctx.redirect(toInteractionUrl(issuer, String(marker['interaction'])))
  }
}
