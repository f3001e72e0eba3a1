import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createAuthorizationServer, type AuthorizationServer } from 'pleo-oauth-server'
import type { Logger } from './logger.ts'
import { findPerson, subjectsOf } from './people.ts'
import { signedInAs } from './session.ts'

/** Where the backend and its parts are. */
export interface Place {
  /** Where browsers reach the backend. */
  readonly origin: string
  /** The authorization server, below it. */
  readonly issuer: string
  /** The API, below it. */
  readonly audience: string
}

/** The authorization server as the backend has it: with its people, its sign-in and its look. */
export function createOwnAuthorizationServer(
  { issuer, audience }: Place,
  logger: Logger,
): AuthorizationServer {
  const server = createAuthorizationServer({
    issuer,
    // In production, a secret from the configuration: this one ends with the process.
    cookieKeys: [randomBytes(32).toString('base64url')],
    resourceServer: { audience },
    // In production: storage in Redis and keys that outlive a restart (docs/storage.md, docs/operations.md).
    clients: [
      {
        client_id: 'ledger',
        client_name: 'Northwind Ledger',
        redirect_uris: ['http://127.0.0.1:8910/callback'],
        scope: 'companies:read vendors:read vendors:write',
        token_endpoint_auth_method: 'none',
        test: true,
      },
    ],
    accounts: {
      find: findPerson,
      subjects: subjectsOf,
      signedIn: signedInAs,
      signInUrl: '/login',
    },
    views: {
      theme: {
        productName: 'Harbour',
        colors: {
          background: '#eef3f7',
          primary: '#123a5c',
          dark: { background: '#0e151b', primary: '#8fcdec', primaryText: '#0b1a26' },
        },
      },
      directories: [join(import.meta.dirname, 'views')],
      locals: { helpDesk: 'it@backend.example' },
    },
  })
  server.provider.on('server_error', (_ctx, error) => logger.error('server_error', error))
  server.app.on('refused', (refused) => logger.info('refused', refused))
  server.audit.on(({ type, time: _time, ...members }) => logger.info(type, members))
  return server
}
