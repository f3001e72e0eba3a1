import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import { toApplication } from '../pages/application.ts'
import { signedInPerson } from './person.ts'
import { isJustSet, lostCookie, sendsNoCookie } from '../http/lost-cookie.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import { parseSubject } from '../pleo/subject.ts'
import { findOutcome, outcomeLifetime, toSessionMark, type Outcome } from '../oidc/outcomes.ts'
import { connectionsPath, routes, toInteractionPath, toInteractionUrl } from '../paths.ts'
import { redirect, type Interaction } from './interaction.ts'
import type { PageParts } from './parts.ts'

type Decided = Exclude<Outcome, { readonly kind: 'moved' }>

/**
 * Answers for an interaction that is not open for this browser and this person. The browser that it was started in goes on where
 * the person is now. The person who decided sees the decision again. Everybody else gets the error, which tells nothing.
 */
export async function showOver(parts: PageParts, ctx: Context, error: Error): Promise<void> {
  const { provider, config } = parts
  const uid = String(ctx['params'].uid)
  if (ctx.cookies.get(provider.cookieName('interaction'), { signed: true }) !== uid) {
    throw (await hasLostItsCookie(parts, ctx, uid)) ? lostCookie() : error
  }
  // A request of the same person that is still being answered may be about to store it.
  const mayCome = ctx.method === 'POST' || isEnded(ctx)
  const outcome = await soon(() => findOutcome(config.storage, uid), mayCome ? 10 : 0)
  if (outcome?.kind === 'moved') return goOn(parts, ctx, outcome.next)
  if (!outcome) throw error
  // The first answer may have changed the session, and its cookie may arrive after this form was sent.
  if (ctx.method === 'POST') return redirect(ctx, toInteractionUrl(config.issuer, uid))
  if (!(await isDecider(parts, ctx, outcome))) throw error
  await renderOutcome(parts, ctx, outcome, error)
}

/** Whether the browser was sent here just now, with a cookie that it did not keep. */
async function hasLostItsCookie(
  { provider }: PageParts,
  ctx: Context,
  uid: string,
): Promise<boolean> {
  if (!sendsNoCookie(provider, ctx)) return false
  // Only for its time: this may be anybody.
  const interaction = await provider.Interaction.find(uid)
  return interaction?.iat !== undefined && isJustSet(interaction.iat)
}

/** Whether the framework has found that the interaction is over. Without that, the browser would be sent there again. */
export const isEnded = ({ query }: Context): boolean => query['ended'] !== undefined

/** Looks again for a moment, a tenth of a second apart. */
export async function soon<T>(
  look: () => Promise<T | undefined>,
  times: number,
): Promise<T | undefined> {
  const found = await look()
  if (found !== undefined || times === 0) return found
  await pause(100)
  return soon(look, times - 1)
}

/**
 * Whether it is the person who decided. The session id changes on the way back to the application. If that answer was lost, the
 * browser still has the cookie that the decision came with, and nobody has signed in or out there since.
 */
async function isDecider(
  parts: PageParts,
  ctx: Context,
  { accountId, session }: Decided,
): Promise<boolean> {
  const person = await signedInPerson(parts, ctx)
  if (person || accountId === undefined) return person?.account.accountId === accountId
  if (parts.config.accounts.signedIn || session === undefined) return false
  const isReplaced = (await parts.provider.Session.get(ctx)).accountId === undefined
  return isReplaced && session === toSessionMark(parts.provider, ctx)
}

/** Goes on with the interaction that came after this one, or makes its request anew if its cookies never arrived. */
async function goOn({ provider, config }: PageParts, ctx: Context, uid: string): Promise<void> {
  const next = await provider.Interaction.find(uid)
  const session = await provider.Session.get(ctx)
  const hasArrived = !next?.session || next.session.uid === session.uid
  redirect(
    ctx,
    hasArrived
      ? toInteractionUrl(config.issuer, uid)
      : `${config.issuer}${routes.authorization}?${toQuery(next)}`,
  )
}

/** The request, in its own parameters also if it was pushed: a pushed request is opened once. */
function toQuery({ params }: Interaction): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    for (const one of [value].flat()) if (typeof one === 'string') query.append(name, one)
  }
  return query.toString()
}

async function renderOutcome(
  { config, findClient, views }: PageParts,
  ctx: Context,
  { kind, clientId, accountId, subject: urn }: Decided,
  error: Error,
): Promise<void> {
  const client = await findClient(clientId)
  if (!client) throw error
  const type = parseSubject(urn ?? '')?.type
  const choices =
    type && accountId ? await loadSubjectChoices(config.accounts, accountId, type) : []
  const page = views.page(ctx)
  ctx.type = 'html'
  ctx.body = page.render('answered', {
    outcome: kind,
    application: toApplication(client, page.language),
    subject: choices.find((choice) => choice.urn === urn)?.name ?? null,
    connectionsUrl: config.issuer + connectionsPath,
  })
}

/** Lets the browser see for another hour that the person has decided there. */
export function keepCookie({ provider, config }: PageParts, ctx: Context, uid: string): void {
  ctx.cookies.set(provider.cookieName('interaction'), uid, {
    path: toInteractionPath(config.issuer, uid),
    signed: true,
    httpOnly: true,
    sameSite: 'lax',
    overwrite: true,
    maxAge: outcomeLifetime * 1000,
  })
}

/** Whether there is no such interaction for this browser and this person. */
export const isOver = (error: unknown): error is Error => error instanceof errors.SessionNotFound
