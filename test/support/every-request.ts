import type { ClientMetadata, Storage } from '../../lib/index.ts'
import type { Reply } from './browser-visits.ts'
import {
  decide,
  hasCode,
  isConsentPage,
  isSignInPage,
  load,
  submit,
  toPerson,
  type Visit,
} from './browser-visits.ts'
import { createBrowser, urlOfInteraction } from './browser.ts'
import {
  authorizationUrl,
  connect,
  consent,
  createPkce,
  goToConsent,
  refresh,
  type Json,
} from './flow.ts'
import { bakery, password } from './people.ts'
import { confidential, publicClient, resourceServer } from './server.ts'

/** One kind of request that a server is sent. */
export interface Kind {
  readonly name: string
  readonly by: 'person' | 'program'
  /** Whether the server must store something new to answer it. */
  readonly stores: boolean
  /** Does all that comes before it, so that it is on the point of being sent. */
  prepare(issuer: string): Promise<Question>
}

/** A request that can be sent until it is answered. */
export interface Question {
  ask(): Promise<Reply>
  /** Whether that is the answer it has a right to. */
  isAnswer(reply: Reply): boolean
}

type Client = ClientMetadata & { readonly client_secret?: string }

/** Clients like those of the options, that are in the storage. */
const storedConfidential: Client = { ...confidential, client_id: 'stored-ledger' }
const storedPublic: Client = { ...publicClient, client_id: 'stored-mobile' }

/** Has the clients in the storage that some of {@link everyRequest} are for. */
export async function storeClients(storage: Storage): Promise<void> {
  for (const client of [storedConfidential, storedPublic]) {
    await storage.records('Client').upsert(client.client_id, { ...client })
  }
}

/** Ends what earlier requests connected: the pages say what is connected, and look it up. */
export async function endConnections({ grants }: Storage): Promise<void> {
  const clients = [confidential, publicClient, storedConfidential, storedPublic]
  await Promise.all(clients.map(({ client_id: clientId }) => grants.endAll({ clientId })))
}

const requestUrl = (issuer: string, client: Client): string =>
  authorizationUrl(issuer, client, { code_challenge: createPkce().challenge })

const signIn = { username: 'sofia@example.test', password }
const agree = { subject: bakery, decision: 'allow' }

const kindOf =
  (client: Client, by: Kind['by']) =>
  (name: string, prepare: Kind['prepare'], stores = true): Kind => ({
    name: `${name} (${client.client_id})`,
    by,
    stores,
    prepare,
  })

function kindsOfPeople(client: Client): readonly Kind[] {
  const kind = kindOf(client, 'person')
  const person = (visit: Visit, isAnswer: Question['isAnswer']): Question => ({
    ask: toPerson(visit),
    isAnswer,
  })
  return [
    kind('an authorization request', async (issuer) =>
      person(load(createBrowser(), requestUrl(issuer, client)), isSignInPage),
    ),
    kind('an authorization request of who is signed in', async (issuer) => {
      const { browser } = await goToConsent(issuer, { client })
      return person(load(browser, requestUrl(issuer, client)), isConsentPage)
    }),
    kind(
      'the sign-in page',
      async (issuer) => {
        const browser = createBrowser()
        const page = await browser.go(requestUrl(issuer, client))
        return person(load(browser, urlOfInteraction(page).href), isSignInPage)
      },
      false,
    ),
    kind('a sign-in', async (issuer) => {
      const browser = createBrowser()
      const page = await browser.go(requestUrl(issuer, client))
      return person(submit(browser, page, signIn), isConsentPage)
    }),
    kind(
      'the consent page',
      async (issuer) => {
        const { browser, page } = await goToConsent(issuer, { client })
        return person(load(browser, urlOfInteraction(page).href), isConsentPage)
      },
      false,
    ),
    kind('a consent', async (issuer) => {
      const { browser, page } = await goToConsent(issuer, { client })
      return person(submit(browser, page, agree), hasCode)
    }),
    kind('the way back from a consent', async (issuer) => {
      const { browser, page } = await goToConsent(issuer, { client })
      return person(load(browser, await decide(browser, page, agree)), hasCode)
    }),
  ]
}

function kindsOfAnyClient(client: Client): readonly Kind[] {
  const kind = kindOf(client, 'program')
  return [
    kind('the redemption of a code', async (issuer) => {
      const { code, verifier } = await consent(issuer, { client })
      const fields = {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: client.redirect_uris?.[0],
      }
      return { ask: () => ask(issuer, '/token', client, fields), isAnswer: hasTokens }
    }),
    kind('a refresh', async (issuer) => {
      const { refresh_token } = await connect(issuer, { client })
      const fields = { grant_type: 'refresh_token', refresh_token }
      return { ask: () => ask(issuer, '/token', client, fields), isAnswer: hasTokens }
    }),
  ]
}

function kindsOfConfidential(client: Client): readonly Kind[] {
  const kind = kindOf(client, 'program')
  const introspection =
    (by: Client, which: 'access_token' | 'refresh_token'): Kind['prepare'] =>
    async (issuer) => {
      const { [which]: token } = await connect(issuer, { client })
      return { ask: () => ask(issuer, '/token/introspect', by, { token }), isAnswer: isActive }
    }
  return [
    ...kindsOfAnyClient(client),
    kind('an introspection', introspection(client, 'access_token'), false),
    kind('an introspection of a refresh token', introspection(client, 'refresh_token'), false),
    kind('an introspection by an API', introspection(resourceServer, 'access_token'), false),
    kind(
      'the first introspection after a refresh',
      async (issuer) => {
        const { refresh_token } = await connect(issuer, { client })
        const { body } = await refresh(issuer, refresh_token, client)
        const token = String(body['access_token'])
        return {
          ask: () => ask(issuer, '/token/introspect', client, { token }),
          isAnswer: isActive,
        }
      },
      false,
    ),
    kind(
      'a revocation',
      async (issuer) => {
        const { refresh_token: token } = await connect(issuer, { client })
        return {
          ask: () => ask(issuer, '/token/revoke', client, { token }),
          isAnswer: ({ status }) => status === 200,
        }
      },
      false,
    ),
    kind('a pushed authorization request', async (issuer) => ({
      ask: () => ask(issuer, '/par', client, toPushed(client)),
      isAnswer: ({ status }) => status === 201,
    })),
  ]
}

/** Everything that partners, APIs and people ask of a server. */
export const everyRequest: readonly Kind[] = [
  ...kindsOfPeople(confidential),
  ...kindsOfPeople(storedPublic),
  ...kindsOfConfidential(confidential),
  ...kindsOfConfidential(storedConfidential),
  ...kindsOfAnyClient(publicClient),
  ...kindsOfAnyClient(storedPublic),
]

const toPushed = ({ redirect_uris }: Client): Record<string, string | undefined> => ({
  response_type: 'code',
  redirect_uri: redirect_uris?.[0],
  scope: 'companies:read',
  code_challenge: createPkce().challenge,
  code_challenge_method: 'S256',
})

/** The members of an answer to a program. */
export const toBody = ({ text }: Reply): Json => (text === '' ? {} : (JSON.parse(text) as Json))

const hasTokens = (reply: Reply): boolean =>
  reply.status === 200 && typeof toBody(reply)['refresh_token'] === 'string'

const isActive = (reply: Reply): boolean => reply.status === 200 && toBody(reply)['active'] === true

async function ask(
  issuer: string,
  path: string,
  { client_id, client_secret }: Client,
  fields: Record<string, string | undefined>,
): Promise<Reply> {
  const given = Object.entries({ client_id, client_secret, ...fields })
  const body = new URLSearchParams()
  for (const [name, value] of given) if (value !== undefined) body.append(name, value)
  const response = await fetch(`${issuer}/oauth${path}`, { method: 'POST', body })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
