import { randomUUID, timingSafeEqual } from 'node:crypto'
import {
  ClientMetadataError,
  ClientResumedError,
  ProtocolError,
  UnknownClientError,
  type ConfigurationIssue,
} from '../errors.ts'
import type { Clients } from './clients.ts'
import { withoutEmpty } from './metadata-values.ts'
import { toGivenByPartner, type Offer } from './partner-rules.ts'
import {
  toRegisteredClient,
  type CreatedClient,
  type RegisteredClient,
} from './registered-client.ts'
import { register, revise, type Given, type Registry } from './registration.ts'
import {
  beginAttempt,
  generateRegistrationToken,
  hashOf,
  tellChange,
} from './registration-tokens.ts'
import type { ClientRecord, Registration } from './stored-client.ts'

/** A client that registered itself, with the token that it is managed with. */
export interface SelfRegistered extends CreatedClient {
  readonly accessToken: string
}

/**
 * How clients register and manage themselves, by the rules for all clients and by those for partners. Throws a
 * {@link ProtocolError}: `invalid_token` for a token that is not good, `invalid_request` for a suspended client.
 */
export interface SelfRegistration {
  /**
   * Registers a client, and uses up the token for it.
   *
   * @param initialAccessToken - undefined: everybody may register
   */
  register(metadata: object, initialAccessToken: string | undefined): Promise<SelfRegistered>
  read(clientId: string, accessToken: string): Promise<RegisteredClient>
  /** Replaces all members of the client. */
  replace(clientId: string, accessToken: string, body: object): Promise<RegisteredClient>
  remove(clientId: string, accessToken: string): Promise<void>
}

export function createSelfRegistration(
  registry: Registry,
  clients: Clients,
  offer: Offer,
): SelfRegistration {
  const read = async (clientId: string, accessToken: string): Promise<ClientRecord> =>
    authenticated(await registry.store.read(clientId), accessToken)
  return {
    register: createRegister(registry, clients, offer),
    async read(clientId, accessToken) {
      const record = await read(clientId, accessToken)
      refuseSuspended(record)
      return toRegisteredClient(record)
    },
    async replace(clientId, accessToken, body) {
      let before: object = {}
      const record = await revise(registry, clientId, (current) => {
        refuseSuspended(authenticated(current, accessToken))
        before = current.metadata
        return toReplacement(registry, current, body, offer)
      }).catch(toProtocolError)
      tellChange(registry.events, before, record.metadata)
      return toRegisteredClient(record)
    },
    async remove(clientId, accessToken) {
      const record = await read(clientId, accessToken)
      // A removal can be finished, also if somebody else began it.
      if (!record.registration.isRemoving) refuseSuspended(record)
      await clients.remove(clientId).catch(toProtocolError)
    },
  }
}

/** How long a client that registered itself is kept if no person grants it anything, in milliseconds. */
const unusedFor = 30 * 86_400_000

function createRegister(
  registry: Registry,
  clients: Clients,
  offer: Offer,
): SelfRegistration['register'] {
  const tokens = registry.storage.records('InitialAccessToken')
  const registerAs = async (
    given: object,
    own: Pick<Registration, 'isOpen' | 'limits'>,
    beforeStored?: () => Promise<void>,
  ): Promise<SelfRegistered> => {
    const [id, accessToken] = [randomUUID(), generateRegistrationToken()]
    const registration = {
      accessToken: hashOf(id, accessToken),
      endsAt: Date.now() + unusedFor,
      ...own,
    }
    const allowed = toGivenByPartner(given, offer, {}, own.limits)
    const created = await register(registry, allowed, { id, registration, beforeStored })
    return { ...created, accessToken }
  }
  return async (given, token) => {
    if (token === undefined) return registerAs(given, { isOpen: true })
    // This comes first: without a good token, nobody learns what is wrong with a client.
    const attempt = await beginAttempt(tokens, token)
    if (!attempt) throw invalidToken()
    const { limits } = attempt
    try {
      return await registerAs(given, { ...(limits && { limits }) }, async () => {
        if (!(await clients.endInitialAccessToken(token))) throw invalidToken()
      })
    } catch (error) {
      await (error instanceof ClientMetadataError ? attempt.refuse() : attempt.forget())
      throw error
    }
  }
}

/** @throws ProtocolError */
function authenticated(record: ClientRecord | undefined, accessToken: string): ClientRecord {
  const { accessToken: expected = '' } = record?.registration ?? {}
  const actual = Buffer.from(hashOf(record?.metadata.client_id ?? '', accessToken))
  const isEqual =
    actual.length === expected.length && timingSafeEqual(actual, Buffer.from(expected))
  if (record && isEqual) return record
  throw invalidToken()
}

function refuseSuspended({ registration }: ClientRecord): void {
  if (registration.suspendedAt === undefined) return
  throw new ProtocolError('invalid_request', 'the client is suspended', 403)
}

/** Somebody else was faster: the client was removed, and its token with it, or the operator resumed it. */
function toProtocolError(error: unknown): never {
  if (error instanceof UnknownClientError) throw invalidToken()
  if (!(error instanceof ClientResumedError)) throw error
  throw new ProtocolError('invalid_request', error.message, 409)
}

/** The token of the request is not good, of whichever kind it should be. */
const invalidToken = (): Error => new ProtocolError('invalid_token', 'invalid token provided', 401)

/** Only the server says these: a client must not send them. */
const saidByServer = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
] as const

/**
 * @throws ClientMetadataError if it is not for this client
 * @see {@link https://www.rfc-editor.org/rfc/rfc7592.html#section-2.2 RFC 7592, Section 2.2}
 */
function toReplacement(
  { secrets }: Registry,
  record: ClientRecord,
  body: object,
  offer: Offer,
): Given {
  const { metadata: current, registration } = record
  const id = current.client_id
  const sent = new Map<string, unknown>(Object.entries(withoutEmpty(body)))
  const issues: ConfigurationIssue[] = []
  const complain = (path: string, message: string): void =>
    void issues.push({ path, code: 'invalid_client', message })
  for (const member of saidByServer) {
    if (sent.has(member)) complain(member, 'must not be sent')
  }
  if (sent.get('client_id') !== id) complain('client_id', 'must be that of the client')
  const secret = sent.get('client_secret')
  const isSecret =
    typeof secret === 'string' && secrets.find(id, secret, registration.secrets, Date.now())
  if (secret !== undefined && !isSecret) complain('client_secret', 'is not that of the client')
  if (issues.length > 0) throw new ClientMetadataError(issues)
  sent.delete('client_id')
  sent.delete('client_secret')
  return toGivenByPartner(Object.fromEntries(sent), offer, current, registration.limits)
}
