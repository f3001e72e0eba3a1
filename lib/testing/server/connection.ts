import { connectionsPath, disconnectPath } from '../../paths.ts'
import { attributeOf } from '../../validation/html.ts'
import { createBrowser } from './browser.ts'
import {
  isPublic,
  type Caller,
  requestIntrospection,
  requestTokens,
  type Introspection,
  type Tokens,
} from './client-requests.ts'
import type { ClientToConnect } from './test-clients.ts'
import type { TestClock } from './test-clock.ts'
import { FlowError } from './flow-error.ts'
import { read, toPageWords, type Page } from './forms.ts'
import { checkAccount, checkClient, type TestAccount } from './given.ts'
import { signIn } from './test-person.ts'
import type { ProofKeys } from './client-proof.ts'

/** A client that is connected, with its tokens. */
export interface TestConnection {
  readonly client: ClientToConnect
  /** URN of the company or organization it is connected to. */
  readonly subject: string
  /** The latest answer of the token endpoint that the client got. */
  readonly tokens: Tokens
  /**
   * The key that the tokens are bound to, to make proofs with (RFC 9449); it can be exported. Undefined unless the client
   * is registered with `dpop_bound_access_tokens`.
   */
  readonly dpop: ProofKeys | undefined

  /**
   * Refreshes as the client, and keeps the new tokens.
   *
   * @param scope - fewer scopes than were granted
   */
  refresh(scope?: string): Promise<Tokens>

  /**
   * Introspects a token: by default, the client asks about its access token. If the token comes from a refresh, the server then
   * knows that the answer arrived: its `refreshRetryWindow` is over, and its `refreshOverlap` is not.
   *
   * A public client cannot ask (RFC 7662, Section 2.1). For the client of the connection, the server gives the answer that an
   * API would get.
   *
   * @param as - the client that asks
   * @throws FlowError with `invalid_client` if a public client is named
   */
  introspect(as?: ClientToConnect, token?: string): Promise<Introspection>

  /**
   * A refresh whose answer gets lost: the server does it, and the client still has the tokens from before. It then
   * repeats the refresh. The server answers that for `refreshRetryWindow` seconds, and for a public client without DPoP
   * for `publicRefreshOverlap` seconds.
   *
   * @param refreshToken - the token that the client has now, if it refreshed by itself
   */
  lostRefreshResponse(refreshToken?: string): Promise<void>

  /**
   * Uses a refresh token once more that was used before, and not just now, as a thief does. The server ends the
   * connection for everybody. If the overlap of the server is open, {@link TestClock.advance} makes it pass: 61 seconds.
   *
   * @param refreshToken - a token that the client has or had, if it refreshed by itself
   */
  replay(refreshToken?: string): Promise<void>

  /**
   * The person ends the connection on the page of connections.
   *
   * @param account - by default, the person who made the connection
   */
  revokedByPerson(account?: TestAccount): Promise<void>
}

/** The parts of a connection. */
export interface ConnectionParts extends Caller {
  readonly account: TestAccount | undefined
  readonly subject: string
  readonly tokens: Tokens
}

export function createConnection(parts: ConnectionParts): TestConnection {
  const { client, subject, dpop } = parts
  let { tokens } = parts
  const use = (refreshToken: string, more: Readonly<Record<string, string>> = {}) =>
    requestTokens(parts, { grant_type: 'refresh_token', refresh_token: refreshToken, ...more })
  return {
    client,
    subject,
    dpop,
    get tokens() {
      return tokens
    },
    async refresh(scope) {
      tokens = await use(tokens.refresh_token, scope === undefined ? {} : { scope })
      return tokens
    },
    async introspect(as, token = tokens.access_token) {
      if (as === undefined && isPublic(client)) return parts.endpoint.server.introspect(token)
      checkClient(as ?? client)
      return requestIntrospection({ endpoint: parts.endpoint, client: as ?? client }, token)
    },
    async lostRefreshResponse(refreshToken = tokens.refresh_token) {
      await use(refreshToken)
    },
    replay: (refreshToken = tokens.refresh_token) =>
      replay(use, refreshToken, parts.endpoint.clock),
    revokedByPerson: (account = parts.account) => disconnect(parts, account),
  }
}

/** Longer than the longest overlap, in seconds. */
const pastOverlap = 61

/** If the successor was used as well, no answer can have been lost, so only the overlap is left. */
async function replay(
  use: (refreshToken: string) => Promise<Tokens>,
  refreshToken: string,
  clock: TestClock,
): Promise<void> {
  const first = await tryUse(use, refreshToken)
  if (first === 'ended') return
  if (first !== 'replaced') await use(first.refresh_token)
  if ((await tryUse(use, refreshToken)) === 'ended') return
  clock.advance(pastOverlap)
  if ((await tryUse(use, refreshToken)) === 'ended') return
  throw new FlowError(
    'the connection did not end, because the storage of the server has a clock of its own: ' +
      'set refreshOverlap and publicRefreshOverlap to 0',
  )
}

/** Uses a refresh token that may have been used before. If it is over or unknown, that ends nothing, and throws. */
async function tryUse(
  use: (refreshToken: string) => Promise<Tokens>,
  refreshToken: string,
): Promise<Tokens | 'ended' | 'replaced'> {
  try {
    return await use(refreshToken)
  } catch (error) {
    const message = error instanceof FlowError ? error.message : ''
    if (message.endsWith(' already used)')) return 'ended'
    if (message.includes('was replaced')) return 'replaced'
    throw error
  }
}

/** Ends a connection as a person does. */
async function disconnect(
  { endpoint: { issuer, fetch }, client, subject }: ConnectionParts,
  account: TestAccount | undefined,
): Promise<void> {
  checkAccount(account)
  const browser = createBrowser(issuer, fetch)
  const begin = await browser.go(issuer + connectionsPath)
  const list = await signIn(browser, begin, account)
  const link = findLink(list, client.client_id, subject)
  if (!link) {
    const what = `link that disconnects ${client.client_id} from ${subject}`
    throw new FlowError(`there is no ${what} on ${toPageWords(list)}`)
  }
  const question = await browser.go(link)
  const after = await browser.submit(question, { client_id: client.client_id, subject })
  const isDone = after.status === 200 && !findLink(after, client.client_id, subject)
  if (!isDone) throw new FlowError(`nothing was ended: what comes is ${toPageWords(after)}`)
}

function findLink(page: Page, clientId: string, subject: string): URL | undefined {
  const links = read(page).elements.flatMap((element) => {
    const url = URL.parse(attributeOf(element, 'href') ?? '', page.url.href)
    return url?.pathname.endsWith(disconnectPath) ? [url] : []
  })
  return links.find(
    ({ searchParams }) =>
      searchParams.get('client_id') === clientId && searchParams.get('subject') === subject,
  )
}
