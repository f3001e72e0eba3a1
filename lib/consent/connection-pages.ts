import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { ProtocolError } from '../errors.ts'
import { nameOf } from '../pages/application.ts'
import type { Account, Accounts, SubjectChoice } from '../pleo/accounts.ts'
import type { ConnectionsData } from '../pages/page-data.ts'
import { checkedForm, formParser } from './form-tokens.ts'
import { redirect, type PageParts } from './interaction.ts'
import { toGoneClient, toShownAccount, toShownClient } from './shown-client.ts'
import { connectionsPath, disconnectPath, signInPath, signOutPath } from '../paths.ts'
import { signedInPerson, type SignedInPerson } from './signed-in.ts'
import { authorizedSubjects } from './connectable-subjects.ts'
import { loadSubjectConnections, type SubjectConnections } from './shown-connections.ts'

type Handler = (parts: PageParts, ctx: Context, person: SignedInPerson) => Promise<void>

/** Creates the pages on which a person sees connections, and ends them. */
export function createConnectionRoutes(parts: PageParts): Middleware {
  const router = new Router()
  const signedIn =
    (handler: Handler) =>
    async (ctx: Context): Promise<void> => {
      const person = await signedInPerson(parts, ctx)
      if (person) await handler(parts, ctx, person)
      else askToSignIn(parts, ctx)
    }
  router.get(connectionsPath, signedIn(showConnections))
  router.get(disconnectPath, signedIn(showDisconnect))
  router.post(disconnectPath, formParser, signedIn(disconnect))
  return router.routes() as Middleware
}

/** After the sign-in, the person begins with the list, whatever the link was. */
function askToSignIn({ config: { accounts, issuer } }: PageParts, ctx: Context): void {
  if (!accounts.signInUrl) return redirect(ctx, issuer + signInPath)
  const target = new URL(accounts.signInUrl, issuer)
  target.searchParams.set('return_to', issuer + connectionsPath)
  redirect(ctx, target.href)
}

async function showConnections(
  parts: PageParts,
  ctx: Context,
  { account, session }: SignedInPerson,
): Promise<void> {
  const { accounts, issuer } = parts.config
  const page = parts.views.page(ctx)
  const subjects = await loadSubjectConnections(parts, page, account.accountId)
  ctx.type = 'html'
  ctx.body = page.render('connections', {
    account: toShownAccount(account),
    done: await toDone(parts, ctx, { session, subjects, language: page.language }),
    signOutUrl: accounts.authenticate ? issuer + signOutPath : null,
    subjects: subjects
      .filter(({ connections }) => connections.length > 0)
      .map(({ subject, connections }) => ({
        name: subject.name,
        detail: subject.detail ?? null,
        connections: connections.map(({ shown }) => shown),
      })),
  })
}

async function showDisconnect(
  { findClient, config, views, formTokens, logos }: PageParts,
  ctx: Context,
  { account, session }: SignedInPerson,
): Promise<void> {
  const { client_id: clientId, subject: urn } = ctx.query
  const subject = await authorizedSubject(config.accounts, account, urn)
  if (typeof clientId !== 'string')
    throw new ProtocolError('invalid_request', 'client_id is missing')
  const client = await findClient(clientId)
  const page = views.page(ctx)
  ctx.type = 'html'
  ctx.body = page.render('disconnect', {
    client: client ? toShownClient(client, logos, page.language) : toGoneClient(clientId),
    clientId,
    subject,
    action: config.issuer + disconnectPath,
    connectionsUrl: config.issuer + connectionsPath,
    csrf: formTokens.create(toTokenBase(session, 'disconnect')),
  })
}

async function disconnect(
  { config, connections, formTokens }: PageParts,
  ctx: Context,
  { account, session }: SignedInPerson,
): Promise<void> {
  const base = toTokenBase(session, 'disconnect')
  const form = checkedForm(ctx, base, { issuer: config.issuer, formTokens })
  const { client_id: clientId, subject: urn } = form
  if (typeof clientId !== 'string')
    throw new ProtocolError('invalid_request', 'client_id is missing')
  const subject = await authorizedSubject(config.accounts, account, urn)
  const by = { reason: 'person', accountId: account.accountId } as const
  await connections.revoke({ clientId, subject: subject.urn }, by)
  const ended = { client_id: clientId, subject: subject.urn }
  const done = formTokens.create(toTokenBase(session, 'disconnected'), Object.values(ended))
  const query = new URLSearchParams({ ...ended, done })
  redirect(ctx, `${config.issuer}${connectionsPath}?${query.toString()}`)
}

const toTokenBase = (session: SignedInPerson['session'], name: 'disconnect' | 'disconnected') => ({
  uid: 'connections',
  prompt: { name },
  session,
})

/**
 * Returns the subject if the person may connect it.
 *
 * @throws ProtocolError for every other, without a word of it
 */
async function authorizedSubject(
  accounts: Accounts,
  { accountId }: Account,
  urn: unknown,
): Promise<SubjectChoice> {
  const subjects = await authorizedSubjects(accounts, accountId)
  const subject = subjects.find((one) => one.urn === urn)
  if (!subject) throw new ProtocolError('access_denied', 'the request was denied')
  return subject
}

/**
 * The connection that this person has just ended, in names that the person knows. The token keeps a link of somebody else from
 * naming one. If it is connected again, this returns `null`.
 */
async function toDone(
  { findClient, formTokens }: PageParts,
  ctx: Context,
  {
    session,
    subjects,
    language,
  }: Pick<SignedInPerson, 'session'> & {
    readonly subjects: readonly SubjectConnections[]
    readonly language: string
  },
): Promise<ConnectionsData['done']> {
  const { client_id: clientId, subject: urn, done } = ctx.query
  const isOurs =
    formTokens.isGood(toTokenBase(session, 'disconnected'), done) &&
    formTokens.hasShown(done, [clientId, urn])
  const found = isOurs ? subjects.find(({ subject }) => subject.urn === urn) : undefined
  if (!found || found.connections.some((one) => one.clientId === clientId)) return null
  const client = await findClient(String(clientId))
  return client ? { client: nameOf(client, language), subject: found.subject.name } : null
}
