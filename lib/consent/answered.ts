import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from 'koa'
import { ProtocolError } from '../errors.ts'
import { findOutcome, toSessionMark, type Outcome } from '../oidc/interaction-outcomes.ts'
import { toApplication } from '../pages/shown-client.ts'
import { connectionsPath, routes, toInteractionUrl } from '../paths.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import { parseSubject } from '../pleo/subject.ts'
import { redirect, type Interaction, type PageParts } from './interaction.ts'
import { ownSession, signedInPerson } from './signed-in.ts'

type Decided = Exclude<Outcome, { readonly kind: 'moved' }>

/**
 * Answers if an interaction is not open for this browser and this person. The browser in which it was started goes on to the next
 * step of the person. The person who decided sees the decision again. Everybody else gets the error, which tells nothing.
 */
export async function showAnswered(parts: PageParts, ctx: Context, error: Error): Promise<void> {
  const { provider, config } = parts
  const uid = String(ctx['params'].uid)
  if (ctx.cookies.get(provider.cookieName('interaction'), { signed: true }) !== uid) {
    // The time is all that is used of the interaction: this browser may be anybody's.
    const since = async () => (await provider.Interaction.find(uid))?.iat
    throw (await refusedCookies(parts, ctx, since)) ? lostCookie() : error
  }
  // Another request of the same person may be about to store the outcome.
  const mayCome = ctx.method === 'POST' || isEnded(ctx)
  const outcome = await soon(() => findOutcome(config.storage, uid), mayCome ? 10 : 0)
  if (outcome?.kind === 'moved') return goOn(parts, ctx, outcome.next)
  if (!outcome) throw error
  // The first answer may have changed the session, and its cookie may arrive after this form was sent.
  if (ctx.method === 'POST') return redirect(ctx, toInteractionUrl(config.issuer, uid))
  if (!(await isDecider(parts, ctx, outcome))) throw error
  await renderOutcome(parts, ctx, outcome, error)
}

/** Whether the framework has found that the interaction is over. Then the browser must not be sent there again. */
export const isEnded = ({ query }: Context): boolean => query['ended'] !== undefined

/** Tries again after each tenth of a second, until there is a result. */
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
 * browser still has the cookie of the decision, and nobody has signed in or out there since.
 */
async function isDecider(
  parts: PageParts,
  ctx: Context,
  { accountId, session: mark }: Decided,
): Promise<boolean> {
  const session = await ownSession(parts, ctx)
  const person = await signedInPerson(parts, ctx, session)
  if (person || accountId === undefined) return person?.account.accountId === accountId
  if (!session || mark === undefined) return false
  return session.accountId === undefined && mark === toSessionMark(parts.provider, ctx)
}

/** Goes on with the next interaction. If its cookies never arrived, makes the request again. */
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

/** The request with all of its parameters: a pushed request cannot be opened a second time. */
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
  const page = views.page(ctx)
  const type = parseSubject(urn ?? '')?.type
  const choices =
    type && accountId
      ? await loadSubjectChoices(config.accounts, accountId, type, page.language)
      : []
  ctx.type = 'html'
  ctx.body = page.render('answered', {
    outcome: kind,
    application: toApplication(client, page.language),
    subject: choices.find((choice) => choice.urn === urn)?.name ?? null,
    connectionsUrl: config.issuer + connectionsPath,
  })
}

/** If a browser without cookies got one in the last minute, it refused it; in seconds. */
const recent = 60

/** The clocks of two processes may differ by this much, in seconds. */
const tolerance = 5

/**
 * Whether the browser got a cookie just now, but sends none of the cookies of this server.
 *
 * @param since - when this server set the cookie, in seconds since the epoch
 */
export async function refusedCookies(
  { provider }: PageParts,
  ctx: Context,
  since: () => Promise<number | undefined>,
): Promise<boolean> {
  const sendsOne = ['session', 'interaction', 'resume'].some(
    (name) => ctx.cookies.get(provider.cookieName(name), { signed: false }) !== undefined,
  )
  if (sendsOne) return false
  const age = Date.now() / 1000 - ((await since()) ?? Number.NaN)
  return age > -tolerance && age < recent
}

/** The error of a browser that did not send back its cookie. */
export const lostCookie = (): Error =>
  Object.assign(new ProtocolError('invalid_request', 'the browser did not send the cookie back'), {
    words: 'cookies',
  })
