import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import { errors, type InteractionResults } from 'oidc-provider'
import type { Storage } from '../storage.ts'

/** The end of an interaction. */
export type Outcome =
  /** The person goes on in another one, for example with the consent after the sign-in. */
  | { readonly kind: 'moved'; readonly next: string }
  | {
      readonly kind: 'allowed' | 'declined'
      readonly clientId: string
      /** The person who decided; absent if nobody was signed in. */
      readonly accountId?: string | undefined
      /** A hash of the session cookie that the decision came with. */
      readonly session?: string | undefined
      /** The URN of the subject that the person connected. */
      readonly subject?: string
    }

/** How long a person can see the end of an interaction again, in seconds. */
export const outcomeLifetime = 3600

const outcomesIn = (storage: Storage) => storage.records('InteractionOutcome')

export const findOutcome = async (storage: Storage, uid: string): Promise<Outcome | undefined> =>
  (await outcomesIn(storage).find(uid)) as Outcome | undefined

/** Stores the end of an interaction. A later decision replaces it. */
export const saveOutcome = (
  storage: Storage,
  uid: string,
  outcome: Outcome,
  lifetime: number = outcomeLifetime,
): Promise<void> => outcomesIn(storage).upsert(uid, { ...outcome }, lifetime)

/** The result of an interaction in which the person said no (RFC 6749, Section 4.1.2.1). */
export const declined: InteractionResults = {
  error: 'access_denied',
  error_description: 'the person declined',
}

/**
 * Stores that a person who is not signed in said no. The record replaces that of the interaction, and lasts as long.
 * Resolves to `false` if the interaction ended in another way.
 */
export async function saveDecline(
  storage: Storage,
  { uid, result, params, exp }: InstanceType<Provider['Interaction']>,
): Promise<boolean> {
  if (!isDeepStrictEqual(result, declined)) return false
  const lifetime = Math.max(1, exp - Math.floor(Date.now() / 1000))
  const clientId = String(params['client_id'])
  await saveOutcome(storage, uid, { kind: 'declined', clientId }, lifetime)
  return true
}

export const forgetOutcome = (storage: Storage, uid: string): Promise<boolean> =>
  outcomesIn(storage).destroy(uid)

/** A hash of the session cookie, by which a later request shows that it has the same cookie. */
export function toSessionMark(provider: Provider, ctx: Context): string | undefined {
  const cookie = ctx.cookies.get(provider.cookieName('session'), { signed: true })
  return cookie && hash('sha256', cookie, 'base64url')
}

/** Stores the next interaction of the person, if the request that starts it has just ended another one. */
export async function saveMove(
  storage: Storage,
  {
    provider,
    ctx,
    next,
  }: { readonly provider: Provider; readonly ctx: Context; readonly next: string },
): Promise<void> {
  // The path names it as well, but anybody can write a path.
  const ended = ctx.cookies.get(provider.cookieName('resume'), { signed: true })
  if (ended) await saveOutcome(storage, ended, { kind: 'moved', next })
}

/** The error of an interaction that is not open for this browser and this person. The error page knows it by its name. */
export const notOpen = (description: string): Error => new errors.SessionNotFound(description)

/** Whether the framework or {@link notOpen} made the error. */
export const isNotOpen = (error: unknown): error is Error => error instanceof errors.SessionNotFound
