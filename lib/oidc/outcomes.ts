import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { InteractionResults } from 'oidc-provider'
import type { Storage } from '../storage.ts'

/** What became of an interaction that is over. */
export type Outcome =
  /** The person goes on in another one: after a sign-in, a consent comes. */
  | { readonly kind: 'moved'; readonly next: string }
  | {
      readonly kind: 'allowed' | 'declined'
      readonly clientId: string
      /** The person who decided; absent if nobody was signed in. */
      readonly accountId?: string | undefined
      /** A hash of the session cookie that the decision came with. */
      readonly session?: string | undefined
      /** URN of what access was allowed to. */
      readonly subject?: string
    }

/** Seconds for which a person can see again what became of a request. */
export const outcomeLifetime = 3600

const outcomesIn = (storage: Storage) => storage.records('InteractionOutcome')

export const findOutcome = async (storage: Storage, uid: string): Promise<Outcome | undefined> =>
  (await outcomesIn(storage).find(uid)) as Outcome | undefined

/** Keeps what became of an interaction. A decision that comes later counts. */
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

/** Keeps that a stranger said no, in the place of the interaction, for as long as that would have been there. */
export async function saveDecline(
  storage: Storage,
  { uid, result, params, exp }: InstanceType<Provider['Interaction']>,
): Promise<boolean> {
  if (!isDeepStrictEqual(result, declined)) return false
  const lifetime = Math.max(1, exp - Math.floor(Date.now() / 1000))
  await saveOutcome(
    storage,
    uid,
    { kind: 'declined', clientId: String(params['client_id']) },
    lifetime,
  )
  return true
}

export const forgetOutcome = (storage: Storage, uid: string): Promise<boolean> =>
  outcomesIn(storage).destroy(uid)

/** By what a decision knows the session cookie of a request again. */
export function toSessionMark(provider: Provider, ctx: Context): string | undefined {
  const cookie = ctx.cookies.get(provider.cookieName('session'), { signed: true })
  return cookie && hash('sha256', cookie, 'base64url')
}

/** Keeps where the person goes on, if the request that starts the next interaction has just ended another one. */
export async function saveMove(
  storage: Storage,
  {
    provider,
    ctx,
    next,
  }: { readonly provider: Provider; readonly ctx: Context; readonly next: string },
): Promise<void> {
  // The path says it as well, but anybody can write that.
  const ended = ctx.cookies.get(provider.cookieName('resume'), { signed: true })
  if (ended) await saveOutcome(storage, ended, { kind: 'moved', next })
}
