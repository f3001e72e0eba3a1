import { connectionsPath, disconnectPath } from '../../provider/routes.ts'
import { attributeOf } from '../../views/check/drawn.ts'
import { createBrowser, type Page } from './browser.ts'
import type { Caller } from './client-request.ts'
import type { ClientToConnect } from './clients.ts'
import { FlowError } from './flow-error.ts'
import { read, toPageWords } from './forms.ts'
import { checkAccount, checkClient } from './given.ts'
import { signIn, type TestAccount } from './person.ts'
import type { ProofKeys } from './proof.ts'
import {
  requestIntrospection,
  requestTokens,
  type Introspection,
  type Tokens,
} from './token-requests.ts'

/** A client that is connected, with what it got. */
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
   * Refreshes as the client, and keeps what comes.
   *
   * @param scope - fewer scopes than were granted
   */
  refresh(scope?: string): Promise<Tokens>

  /**
   * Asks what a token is good for. Whoever asks about the access token of a refresh has the answer of that refresh:
   * it cannot be repeated any more.
   *
   * @param as - who asks; @param token - which token
   * @defaultValue the client, about its access token
   */
  introspect(as?: ClientToConnect, token?: string): Promise<Introspection>

  /**
   * A refresh whose answer gets lost: the server does it, and the client still has the tokens from before. What it does
   * then is repeat the refresh, which the server answers for `refreshRetryWindow` seconds, but never for a public client
   * without DPoP.
   *
   * @param refreshToken - where the client refreshed by itself: what it has now
   */
  lostRefreshResponse(refreshToken?: string): Promise<void>

  /**
   * Uses a refresh token once more that was used before, and not just now, as somebody does who stole it. The server
   * ends the connection for everybody. No time passes for it.
   *
   * @param refreshToken - where the client refreshed by itself: what it has or had
   */
  replay(refreshToken?: string): Promise<void>

  /**
   * The person ends the connection on the page of connections.
   *
   * @param account - who does it
   * @defaultValue whoever made it
   */
  revokedByPerson(account?: TestAccount): Promise<void>
}

/** What a connection is made of. */
export interface ConnectionParts extends Caller {
  readonly account: TestAccount | undefined
  readonly subject: string
  readonly tokens: Tokens
}

/** Makes a connection of what its client got. */
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
    async introspect(as = client, token = tokens.access_token) {
      checkClient(as)
      return requestIntrospection({ endpoint: parts.endpoint, client: as }, token)
    },
    async lostRefreshResponse(refreshToken = tokens.refresh_token) {
      await use(refreshToken)
    },
    replay: (refreshToken = tokens.refresh_token) => replay(use, refreshToken),
    revokedByPerson: (account = parts.account) => disconnect(parts, account),
  }
}

/** A token is not just used any more when what came of it was used as well: no answer can have been lost then. */
async function replay(
  use: (refreshToken: string) => Promise<Tokens>,
  refreshToken: string,
): Promise<void> {
  try {
    const { refresh_token: successor } = await use(refreshToken)
    await use(successor)
    await use(refreshToken)
  } catch (error) {
    // A token that is over or unknown is refused as well, and ends nothing.
    if (error instanceof FlowError && error.message.endsWith(' already used)')) return
    throw error
  }
  throw new FlowError('the server took a refresh token that had been used before')
}

/** What a person does to end a connection. */
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
