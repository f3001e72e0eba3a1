import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { ProtocolError } from '../errors.ts'
import { nameOf, toNamedClient, toShownClient } from '../pages/shown-client.ts'
import type { LocalizedPage } from '../pages/pages.ts'
import type { ConnectionsData } from '../pages/page-data.ts'
import { connectionsPath, disconnectPath, signInPath, signOutPath } from '../paths.ts'
import type { SubjectChoice } from '../pleo/accounts.ts'
import { authorizedSubjects } from './connectable-subjects.ts'
import { checkedForm, formParser, type TokenBase } from './form-tokens.ts'
import { redirect, type PageParts } from './interaction.ts'
import { toListView, toShownList, toViewUrl, type ListView } from './connection-list.ts'
import {
  createConnectionWords,
  listConnections,
  type ListedConnection,
} from './shown-connections.ts'
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
  const { account, config, ctx, views } = visit
  const { accounts, issuer } = config
  const page = views.page(ctx)
  const subjects = await authorizedSubjects(accounts, account.accountId, page.language)
  const all = await listConnections(visit, page, subjects)
  const view = toListView(ctx.query)
  const toWords = createConnectionWords(visit, page, ({ clientId, subject }) =>
    toViewUrl(issuer + disconnectPath, view, { client_id: clientId, subject: subject.urn }),
  )
  const url = issuer + connectionsPath
  const back = { clientId: ctx.query['client_id'], subject: ctx.query['subject'] }
  ctx.type = 'html'
  ctx.body = page.render('connections', {
    account: toShownAccount(account),
    done: await toDone(visit, page, subjects, all),
    signOutUrl: accounts.authenticate ? issuer + signOutPath : null,
    ...(await toShownList(all, { config, page, view, url, back, toWords })),
  })
}

async function showDisconnect(visit: Visit): Promise<void> {
  const { config, ctx, findClient, formTokens, logos, views } = visit
  const named = await findConnection(visit, ctx.query)
  const { clientId, subject } = named
  const view = toListView(ctx.query)
  const action = toViewUrl(config.issuer + disconnectPath, view)
  const page = views.page(ctx)
  const [client, [listed]] = await Promise.all([
    findClient(clientId),
    listConnections(visit, page, [subject], clientId),
  ])
  // A link of a stranger can name anything. The heading must not repeat it.
  if (!client && !listed) return redirect(ctx, toListUrl(config.issuer, view, named))
  const { accessTokenFormat } = config.resourceServer
  const isSigned = accessTokenFormat === 'jwt'
  ctx.type = 'html'
  ctx.body = page.render('disconnect', {
    client: client ? toShownClient(client, logos, page.language) : toNamedClient(clientId),
    clientId,
    subject,
    connection: listed ? await createConnectionWords(visit, page, () => action)(listed) : null,
    lingersMinutes: isSigned ? Math.ceil(config.lifetimes.accessToken / 60) : 0,
    action,
    connectionsUrl: toListUrl(config.issuer, view, named),
    csrf: formTokens.create(toTokenBase(visit, 'disconnect')),
  })
}

async function disconnect(visit: Visit): Promise<void> {
  const { account, config, connections, ctx, formTokens } = visit
  const form = checkedForm(visit, ctx, toTokenBase(visit, 'disconnect'))
  const named = await findConnection(visit, form)
  const ended = { clientId: named.clientId, subject: named.subject.urn }
  await connections.revoke(ended, { reason: 'person', accountId: account.accountId })
  const done = formTokens.create(toTokenBase(visit, 'disconnected'), Object.values(ended))
  redirect(ctx, toListUrl(config.issuer, toListView(ctx.query), named, { done }))
}

/** The list, as the person left it for this connection. */
const toListUrl = (
  issuer: string,
  view: ListView,
  { clientId, subject }: NamedConnection,
  other: Readonly<Record<string, string>> = {},
): string =>
  toViewUrl(issuer + connectionsPath, view, {
    client_id: clientId,
    subject: subject.urn,
    ...other,
  })

const toTokenBase = ({ session }: Visit, name: 'disconnect' | 'disconnected'): TokenBase => ({
  uid: 'connections',
  prompt: { name },
  session,
})

interface NamedConnection {
  readonly clientId: string
  readonly subject: SubjectChoice
}

/**
 * Returns the client and the subject that a request names.
 *
 * @throws ProtocolError if the person may not connect the subject, without a word of it
 */
async function findConnection(
  { account, config, ctx, views }: Visit,
  { client_id: clientId, subject: urn }: Readonly<Record<string, unknown>>,
): Promise<NamedConnection> {
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
  { language }: LocalizedPage,
  subjects: readonly SubjectChoice[],
  all: readonly ListedConnection[],
): Promise<ConnectionsData['done']> {
  const { client_id: clientId, subject: urn, done } = visit.ctx.query
  const isOurs =
    visit.formTokens.isGood(toTokenBase(visit, 'disconnected'), done) &&
    visit.formTokens.hasShown(done, [clientId, urn])
  const subject = isOurs ? subjects.find((one) => one.urn === urn) : undefined
  const isBack = all.some((one) => one.subject.urn === urn && one.clientId === clientId)
  if (!subject || isBack) return null
  const client = await visit.findClient(String(clientId))
  return client ? { client: nameOf(client, language), subject: subject.name } : null
}
