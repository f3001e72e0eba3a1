import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { ProtocolError } from '../errors.ts'
import { nameOf, toNamedClient, toShownClient } from '../pages/shown-client.ts'
import type { ConnectionsData } from '../pages/page-data.ts'
import { connectionsPath, disconnectPath, signInPath, signOutPath } from '../paths.ts'
import type { SubjectChoice } from '../pleo/accounts.ts'
import { authorizedSubjects } from './connectable-subjects.ts'
import { checkedForm, formParser, type TokenBase } from './form-tokens.ts'
import { redirect, type PageParts } from './interaction.ts'
import { loadSubjectConnections, type SubjectConnections } from './shown-connections.ts'
import type { PathMiddleware } from '../http/app.ts'
import { signedInPerson, toShownAccount, type SignedInPerson } from './signed-in.ts'

/** A request of a person who is signed in. */
interface Visit extends PageParts, SignedInPerson {
  readonly ctx: Context
}

/** Creates the pages on which a person sees connections, and ends them. */
export function createConnectionRoutes(parts: PageParts): readonly PathMiddleware[] {
  const router = new Router()
  const signedIn = (handler: (visit: Visit) => Promise<void>) => async (ctx: Context) => {
    const person = await signedInPerson(parts, ctx)
    if (person) await handler({ ...parts, ...person, ctx })
    else askToSignIn(parts, ctx)
  }
  router.get(connectionsPath, signedIn(showConnections))
  router.get(disconnectPath, signedIn(showDisconnect))
  router.post(disconnectPath, formParser, signedIn(disconnect))
  const routes = router.routes() as Middleware
  return [connectionsPath, disconnectPath].map((path) => [path, routes])
}

/** After the sign-in, the person begins with the list, whatever the link was. */
function askToSignIn({ config: { accounts, issuer } }: PageParts, ctx: Context): void {
  if (!accounts.signInUrl) return redirect(ctx, issuer + signInPath)
  const target = new URL(accounts.signInUrl, issuer)
  target.searchParams.set('return_to', issuer + connectionsPath)
  redirect(ctx, target.href)
}

async function showConnections(visit: Visit): Promise<void> {
  const { ctx, account } = visit
  const { accounts, issuer } = visit.config
  const page = visit.views.page(ctx)
  const all = await loadSubjectConnections(visit, page, account.accountId)
  ctx.type = 'html'
  ctx.body = page.render('connections', {
    account: toShownAccount(account),
    done: await toDone(visit, all, page.language),
    signOutUrl: accounts.authenticate ? issuer + signOutPath : null,
    subjects: all
      .filter(({ connections }) => connections.length > 0)
      .map(({ subject, connections }) => ({
        name: subject.name,
        detail: subject.detail ?? null,
        connections: connections.map(({ shown }) => shown),
      })),
  })
}

async function showDisconnect(visit: Visit): Promise<void> {
  const { config, ctx, findClient, formTokens, logos, views } = visit
  const { clientId, subject } = await findConnection(visit, ctx.query)
  const client = await findClient(clientId)
  const page = views.page(ctx)
  ctx.type = 'html'
  ctx.body = page.render('disconnect', {
    client: client ? toShownClient(client, logos, page.language) : toNamedClient(clientId),
    clientId,
    subject,
    action: config.issuer + disconnectPath,
    connectionsUrl: config.issuer + connectionsPath,
    csrf: formTokens.create(toTokenBase(visit, 'disconnect')),
  })
}

async function disconnect(visit: Visit): Promise<void> {
  const { account, config, connections, ctx, formTokens } = visit
  const form = checkedForm(visit, ctx, toTokenBase(visit, 'disconnect'))
  const { clientId, subject } = await findConnection(visit, form)
  const by = { reason: 'person', accountId: account.accountId } as const
  await connections.revoke({ clientId, subject: subject.urn }, by)
  const ended = { client_id: clientId, subject: subject.urn }
  const done = formTokens.create(toTokenBase(visit, 'disconnected'), Object.values(ended))
  const query = new URLSearchParams({ ...ended, done })
  redirect(ctx, `${config.issuer}${connectionsPath}?${query.toString()}`)
}

const toTokenBase = ({ session }: Visit, name: 'disconnect' | 'disconnected'): TokenBase => ({
  uid: 'connections',
  prompt: { name },
  session,
})

/**
 * Returns the client and the subject that a request names.
 *
 * @throws ProtocolError if the person may not connect the subject, without a word of it
 */
async function findConnection(
  { account, config, ctx, views }: Visit,
  { client_id: clientId, subject: urn }: Readonly<Record<string, unknown>>,
): Promise<{ readonly clientId: string; readonly subject: SubjectChoice }> {
  const language = views.languageOf(ctx)
  const subjects = await authorizedSubjects(config.accounts, account.accountId, language)
  const subject = subjects.find((one) => one.urn === urn)
  if (!subject) throw new ProtocolError('access_denied', 'the request was denied')
  if (typeof clientId === 'string') return { clientId, subject }
  throw new ProtocolError('invalid_request', 'client_id is missing')
}

/**
 * The connection that this person has just ended, in names that the person knows. The token keeps a link of somebody else from
 * naming one. If it is connected again, this returns `null`.
 */
async function toDone(
  visit: Visit,
  all: readonly SubjectConnections[],
  language: string,
): Promise<ConnectionsData['done']> {
  const { client_id: clientId, subject: urn, done } = visit.ctx.query
  const isOurs =
    visit.formTokens.isGood(toTokenBase(visit, 'disconnected'), done) &&
    visit.formTokens.hasShown(done, [clientId, urn])
  const found = isOurs ? all.find(({ subject }) => subject.urn === urn) : undefined
  if (!found || found.connections.some((one) => one.clientId === clientId)) return null
  const client = await visit.findClient(String(clientId))
  return client ? { client: nameOf(client, language), subject: found.subject.name } : null
}
