import { createAuthorizationServer } from 'pleo-oauth-server'
import { logger, setting, storage } from './backend.ts' // yours
import { authenticate, find, subjects } from './people.ts' // yours, see below

const server = createAuthorizationServer({
  issuer: 'https://auth.example.com',
  cookieKeys: [setting('COOKIE_KEY')], // 32 characters or more
  signingKeys: 'stored', // or private keys of yours, as a JWK set
  storage, // see storage.md; left out: memory, in development only
  resourceServer: { audience: 'https://external.pleo.io', clientIds: ['the-api'] },
  clients: [
    // the API itself, which may introspect every access token
    {
      client_id: 'the-api',
      client_secret: setting('API_SECRET'), // made with generateClientSecret()
      grant_types: [],
      response_types: [],
    },
    {
      client_id: 'northwind',
      client_secret: setting('NORTHWIND_SECRET'), // made with generateClientSecret()
      client_name: 'Northwind Ledger',
      redirect_uris: ['https://ledger.example/callback'],
      scope: 'companies:read export-jobs:write',
    },
  ],
  accounts: { find, subjects, authenticate },
})

server.provider.on('server_error', (_ctx, error) => logger.error(error))
