import { hash } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { carefully, ClientMetadataError } from '../errors.ts'
import type { RegisteredClient } from './clients.ts'
import { withoutEmpty, type ClientMetadata } from './metadata.ts'
import type { ClientRecord } from './record.ts'
import type { Registry } from './registry.ts'
import { generateCredential } from './secrets.ts'
import { toRegisteredClient } from './shown-client.ts'

/** A client that registered itself changed what it is registered with. */
export interface ClientChangedItself {
  readonly clientId: string
  /** The members that are other ones now, by their RFC 7591 names. */
  readonly members: readonly string[]
}

/** What a host is told of clients, by the process that did it. */
export interface ClientEvents {
  /** A client changed itself over HTTP, with its registration access token. */
  'client.changed_itself': [event: ClientChangedItself]
}

/** What is done with the tokens with which clients manage themselves. */
export interface RegistrationTokens {
  /** Tells when a client changes itself. */
  readonly events: EventEmitter<ClientEvents>

  /**
   * Makes another registration access token for a client that registered itself. The one before stops at once, on every process.
   *
   * @throws {@link ClientMetadataError} if the client did not register itself; {@link UnknownClientError}
   * @see {@link https://www.rfc-editor.org/rfc/rfc7592.html#section-3 RFC 7592, Section 3}
   */
  rotateRegistrationToken(clientId: string): Promise<RegistrationToken>

  /**
   * Ends the registration access token of a client, at once and on every process: it cannot manage itself until
   * {@link rotateRegistrationToken} makes another one.
   *
   * @throws {@link ClientMetadataError} if the client did not register itself; {@link UnknownClientError}
   */
  endRegistrationToken(clientId: string): Promise<RegisteredClient>
}

/** A client with its new registration access token. */
export interface RegistrationToken {
  readonly client: RegisteredClient
  /** Shown this once: only its hash is kept. */
  readonly token: string
}

/** Has no key: it must outlive the keys of the storage, and nobody guesses 256 random bits. */
export const hashOf = (clientId: string, token: string): string =>
  hash('sha256', JSON.stringify([clientId, token]), 'base64url')

export const generateRegistrationToken = (): string => generateCredential('pleo_rat_')

/** No token has this hash. Its being there says that the client registered itself, to earlier versions as well. */
const noToken = ''

export function createRegistrationTokens({ store, events }: Registry): RegistrationTokens {
  const set = (clientId: string, accessToken: string): Promise<ClientRecord> =>
    store.change(clientId, ({ registration, ...current }) => {
      if (registration.accessToken === undefined) throw notSelfRegistered()
      return { ...current, registration: { ...registration, accessToken } }
    })
  return {
    events,
    async rotateRegistrationToken(clientId) {
      const token = generateRegistrationToken()
      const record = await set(clientId, hashOf(clientId, token))
      return { client: toRegisteredClient(record, Date.now()), token }
    },
    async endRegistrationToken(clientId) {
      return toRegisteredClient(await set(clientId, noToken), Date.now())
    },
  }
}

/** Tells the host what a client changed of itself. */
export function tellChange(
  events: EventEmitter<ClientEvents>,
  before: ClientMetadata,
  after: ClientMetadata,
): void {
  const toTexts = (client: ClientMetadata): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(withoutEmpty(client)).map(([name, value]) => [name, JSON.stringify(value)]),
    )
  const [old, now] = [toTexts(before), toTexts(after)]
  const members = [...new Set([...old.keys(), ...now.keys()])].filter(
    (name) => old.get(name) !== now.get(name),
  )
  if (members.length === 0) return
  const event = { clientId: after.client_id, members }
  carefully(() => events.emit('client.changed_itself', event))
}

function notSelfRegistered(): Error {
  const message = 'is for clients that registered themselves over HTTP only'
  const path = 'registration_access_token'
  return new ClientMetadataError([{ path, code: 'invalid_client', message }])
}
