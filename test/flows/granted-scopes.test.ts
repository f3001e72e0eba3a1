import { expect, test } from 'vitest'
import { pleoScopes, type ClientMetadata } from '../../lib/index.ts'
import { goToConsent, introspect, redeem, refresh, revoke } from '../support/flow.ts'
import { fc, times } from '../support/fuzzing.ts'
import { bakery } from '../support/people.ts'
import { useServer } from '../support/server.ts'

const registered = [
  'accounts:read',
  'companies:read',
  'tax-codes:write',
  'users:read',
  'users:write',
]
const optional = ['tax-codes:write', 'users:read', 'users:write']
const client: ClientMetadata & { readonly client_secret: string } = {
  client_id: 'ledger',
  client_secret: 'secret',
  redirect_uris: ['https://ledger.example.test/callback'],
  scope: registered.join(' '),
  optional_scope: optional.join(' '),
}

const server = useServer({ clients: [client] })

const wishes = fc.record({
  requested: fc.subarray(registered, { minLength: 1 }),
  // Half of the time, something else is posted than the page offers.
  ticked: fc.oneof(fc.subarray(optional), fc.subarray(Object.keys(pleoScopes), { maxLength: 4 })),
  narrowed: fc.option(fc.subarray(registered, { minLength: 1 })),
  isRevoked: fc.boolean(),
})

type Wish = typeof wishes extends fc.Arbitrary<infer Value> ? Value : never

/** What came of it; undefined where it was refused. */
interface Outcome {
  readonly granted: readonly string[] | undefined
  readonly introspected?: readonly string[]
  /** What was granted without a word on the page. */
  readonly unseen?: readonly string[]
  readonly refreshed?: readonly string[] | undefined
  readonly isActive?: boolean
}

const toNames = (scope: unknown): readonly string[] => String(scope).split(' ').toSorted()

/** What the rules say. */
function expected({ requested, ticked, narrowed, isRevoked }: Wish): Outcome {
  const offered = requested.filter((name) => optional.includes(name))
  const required = requested.filter((name) => !optional.includes(name))
  const granted = [...required, ...ticked].toSorted()
  const isFair = ticked.every((name) => offered.includes(name)) && granted.length > 0
  if (!isFair) return { granted: undefined }
  const left = narrowed?.filter((name) => granted.includes(name)) ?? granted
  const isWithin = left.length > 0 && (narrowed ?? []).every((name) => requested.includes(name))
  return {
    granted,
    introspected: granted,
    unseen: [],
    refreshed: isWithin ? left.toSorted() : undefined,
    isActive: !isRevoked,
  }
}

/** What the server does. */
async function carryOut({ requested, ticked, narrowed, isRevoked }: Wish): Promise<Outcome> {
  const { issuer } = server
  const options = { client, params: { scope: requested.join(' ') } }
  const { page, browser, verifier } = await goToConsent(issuer, options)
  const fields = { decision: 'allow', subject: bakery, scope: ticked }
  const code = (await browser.submit(page, fields)).location?.searchParams.get('code')
  if (!code) return { granted: undefined }

  const { body } = await redeem(issuer, { code, verifier, redirect: page.url }, client)
  const granted = toNames(body['scope'])
  const introspected = await introspect(issuer, String(body['access_token']), client)
  const scope = narrowed ? { scope: narrowed.join(' ') } : {}
  const second = await refresh(issuer, String(body['refresh_token']), client, scope)
  const isRefreshed = second.status === 200
  const last = isRefreshed ? second.body : body
  if (isRevoked) await revoke(issuer, String(last['refresh_token']), client)
  return {
    granted,
    introspected: toNames(introspected['scope']),
    unseen: granted.filter((name) => !page.text.includes(`<code>${name}</code>`)),
    refreshed: isRefreshed ? toNames(second.body['scope']) : undefined,
    isActive: (await introspect(issuer, String(last['access_token']), client))['active'] === true,
  }
}

test('a token has exactly what was requested, registered, shown and ticked, whatever was granted before', async () => {
  await fc.assert(
    fc.asyncProperty(wishes, async (wish) => {
      expect(await carryOut(wish)).toEqual(expected(wish))
    }),
    { numRuns: times(60) },
  )
})
