import { createAuthorizationServer, type AuthorizationServer } from 'pleo-oauth-server'
import { logger, setting, storage } from './backend.ts' // yours
import { find, subjects } from './people.ts' // yours, see embedding.md
import { sessionOf } from './sign-in.ts' // yours

const origin = setting('ORIGIN') // as browsers see it: https://backend.example.com

export const server: AuthorizationServer = createAuthorizationServer({
  issuer: `${origin}/auth`,
  cookieKeys: [setting('COOKIE_KEY')],
  signingKeys: 'stored',
  storage,
  resourceServer: { audience: `${origin}/api` },
  clients: [
    {
      client_id: 'northwind',
      client_secret: setting('NORTHWIND_SECRET'),
      client_name: 'Northwind Ledger',
      redirect_uris: ['https://ledger.example/callback'],
      scope: 'companies:read export-jobs:write',
    },
  ],
  accounts: {
    find,
    subjects,
    // Your session: the id of the account, and when the person typed the password.
    signedIn: (ctx) => sessionOf(ctx.get('Cookie')),
    signInUrl: '/login',
  },
})
server.provider.on('server_error', (_ctx, error) => logger.error(error))

/** The paths of the authorization server, for the issuer above. All other paths are yours. */
export const paths: string[] = [
  '/auth/oauth',
  '/auth/.well-known',
  '/.well-known/oauth-authorization-server/auth',
  '/.well-known/openid-configuration/auth',
]
