import { createAuthorizationServer } from 'pleo-oauth-server'
import { createMemoryAdapter } from 'pleo-oauth-server/adapters/memory'
import { audience, client, cookieKeys, lifetimes, subject } from './fixture.ts'
import { serve } from './serve.ts'

const person = { accountId: 'sofia', name: 'Sofia Lind', email: 'sofia@example.test' }

serve(
  {
    login: { username: person.email, password: 'any' },
    consent: { subject, decision: 'allow' },
  },
  (issuer) => {
    const { app } = createAuthorizationServer({
      issuer,
      // Nothing here is dropped or cleared away within a run, on either side.
      storage: createMemoryAdapter({ maxRecords: 10_000_000 }),
      anonymousRequests: { count: 10_000_000, bytes: 2 ** 40 },
      cookieKeys,
      signingKeys: 'ephemeral',
      lifetimes,
      resourceServer: { audience },
      clients: [client],
      accounts: {
        find: (id) => (id === person.accountId ? person : undefined),
        subjects: () => [{ urn: subject, name: 'Bright Bakery', mayConnect: true }],
        authenticate: ({ username }) => (username === person.email ? person.accountId : undefined),
      },
    })
    const handle = app.callback()
    return (request, response) => void handle(request, response)
  },
)
