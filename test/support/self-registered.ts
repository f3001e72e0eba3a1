import type { AuthorizationServer, ClientMetadata } from '../../lib/index.ts'
import type { Json } from './flow.ts'
import { registration, type Credentials } from './registered.ts'
import { send, toJson, type RawAnswer } from './requests.ts'

/** A client that registered itself, as it is told once. */
export type SelfRegistered = Credentials & {
  readonly registration_client_uri: string
  readonly registration_access_token: string
}

export const bearer = (token: string): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${token}`,
})

/** Sends JSON as partners do, or a text as it is. */
export const sendJson = (
  url: string,
  body: unknown,
  { token, method = 'POST' }: { readonly token?: string; readonly method?: string } = {},
): Promise<RawAnswer> =>
  send(url, {
    method,
    headers: { 'content-type': 'application/json', ...(token !== undefined && bearer(token)) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

/** Registers a client over HTTP with a token made for it; the answer is as it came. */
export async function tryToRegister(
  server: AuthorizationServer & { readonly issuer: string },
  metadata: unknown,
): Promise<RawAnswer> {
  const { token } = await server.clients.createInitialAccessToken()
  const answer = await sendJson(`${server.issuer}/oauth/register`, metadata, { token })
  await server.clients.endInitialAccessToken(token)
  return answer
}

let count = 0

/** Registers a client over HTTP with a name of its own. */
export async function selfRegister(
  server: AuthorizationServer & { readonly issuer: string },
  members: Partial<ClientMetadata> = {},
): Promise<SelfRegistered> {
  count += 1
  const metadata = { ...registration, client_name: `Selvbetjent ${count}`, ...members }
  const answer = await tryToRegister(server, metadata)
  if (answer.status !== 201) throw new Error(`not registered: ${answer.text}`)
  return toJson(answer) as unknown as SelfRegistered
}

type Managed = Pick<SelfRegistered, 'registration_client_uri' | 'registration_access_token'>

/** What a client reads of itself. */
export const readSelf = (client: Managed): Promise<RawAnswer> =>
  send(client.registration_client_uri, { headers: bearer(client.registration_access_token) })

/** Removes a client by its own wish. */
export const removeSelf = (client: Managed): Promise<RawAnswer> =>
  send(client.registration_client_uri, {
    method: 'DELETE',
    headers: bearer(client.registration_access_token),
  })

/** What the server says of a client, and the client not of itself. */
const saidByServer = [
  'registration_client_uri',
  'registration_access_token',
  'client_id_issued_at',
  'client_secret_expires_at',
]

/** All that a client is registered with, with some of it changed; `null` leaves a member out. */
export const toReplacement = (client: Managed, changes: Json = {}): Json =>
  Object.fromEntries(
    Object.entries({ ...client, ...changes }).filter(
      ([name, value]) => !saidByServer.includes(name) && value !== null,
    ),
  )

/** Sends what a client is to be registered with from now on. */
export const replaceSelf = (client: Managed, body: unknown): Promise<RawAnswer> =>
  sendJson(client.registration_client_uri, body, {
    method: 'PUT',
    token: client.registration_access_token,
  })
