import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { connect, consent, redeem, refresh, type Consented, type Tokens } from '../support/flow.ts'
import { clock, sendRefusedForm, type Explained, type Fields } from '../support/refusals.ts'
import { basic } from '../support/requests.ts'
import { confidential, organizationClient, useServer, withoutOverlap } from '../support/server.ts'

const server = useServer({ ...withoutOverlap, refreshRetryWindow: 0 })

const refused = (fields: Fields, headers?: Record<string, string>): Promise<Explained> =>
  sendRefusedForm(server, fields, headers)

const redirect_uri = confidential.redirect_uris?.[0]

const toFields = ({ code, verifier }: Consented): Fields => ({
  grant_type: 'authorization_code',
  code,
  code_verifier: verifier,
  redirect_uri,
})

const refusedRefresh = (
  refresh_token: string,
  headers?: Record<string, string>,
): Promise<Explained> => refused({ grant_type: 'refresh_token', refresh_token }, headers)

async function refreshTimes(tokens: Tokens, times: number): Promise<void> {
  let { refresh_token: current } = tokens
  for (let time = 0; time < times; time += 1) {
    const { body } = await refresh(server.issuer, current)
    current = String(body['refresh_token'])
  }
}

test('a refresh token that was used 4 refreshes ago, and what became of it', async () => {
  const tokens = await connect(server.issuer)
  await refreshTimes(tokens, 4)
  const { reason, told, record, answer } = await refusedRefresh(tokens.refresh_token)
  const sentence = `^this refresh token was used 4 refreshes ago; the latest refresh was at ${clock}, and the connection was ended$`
  expect(reason).toMatch(new RegExp(sentence))
  expect(told).toBe('the refresh token was already used')
  expect(record).toEqual({
    requestId: answer.headers['x-request-id'],
    time: expect.closeTo(Date.now(), -5) as number,
    method: 'POST',
    path: '/oauth/token',
    status: 400,
    error: 'invalid_grant',
    description: told,
    reason,
    clientId: confidential.client_id,
  })
  // From now on, all that is known of it is that this server issued it.
  const later = await refusedRefresh(tokens.refresh_token)
  expect(later.reason).toMatch(/^the connection of this refresh token has ended: /)
  expect(later.told).toBe('unknown, revoked, or of another client')
})

test('a refresh token of the last refresh', async () => {
  const tokens = await connect(server.issuer)
  await refreshTimes(tokens, 1)
  const { reason } = await refusedRefresh(tokens.refresh_token)
  expect(reason).toMatch(/^this refresh token was used 1 refresh ago; the latest refresh was at /)
})

test('a refresh token whose time is over, of another client, without its scope', async () => {
  const tokens = await connect(server.issuer)
  const other = await refusedRefresh(tokens.refresh_token, basic(organizationClient))
  expect([other.reason, other.told]).toEqual([
    'the refresh token was issued to the client ledger, and group-ledger sent it',
    'unknown, revoked, or of another client',
  ])
  const wide = await refused({
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
    scope: 'companies:read vendors:read',
  })
  expect(wide.reason).toBe('refresh token missing requested scope: vendors:read')
  expect(wide.told).toBe('refresh token missing requested scope')
})

test.each<[name: string, change: (token: string) => string, reason: string]>([
  [
    'cut',
    (token) => token.slice(0, 80),
    'refresh_token has 80 characters, and one of this server has 93',
  ],
  [
    'changed',
    (token) => `${token.slice(0, 30)}${token[30] === 'a' ? 'b' : 'a'}${token.slice(31)}`,
    'this server never issued this refresh token, or no longer has the storage key that it was issued with',
  ],
  [
    'with a sign',
    (token) => `${token.slice(0, -1)}!`,
    'refresh_token has a character that no refresh_token of this server can have',
  ],
  [
    'an access token',
    (token) => token.slice(0, 65),
    'refresh_token has the form of a code or an access token',
  ],
])('a refresh token that is %s', async (_, change, reason) => {
  const { refresh_token: token } = await connect(server.issuer)
  const { reason: said, told } = await refusedRefresh(change(token))
  expect([said, told]).toEqual([reason, 'unknown, revoked, or of another client'])
})

const other = 'https://ledger.example.test/callbacks'
const short = 'v'.repeat(42)

test.each<[name: string, change: (fields: Fields) => Fields, reason: string, told: string]>([
  [
    'a short verifier',
    () => ({ code_verifier: short }),
    'code_verifier has 42 characters, it must have 43 to 128',
    'code_verifier must be a string with a minimum length of 43 characters',
  ],
  [
    'a long verifier',
    () => ({ code_verifier: 'v'.repeat(129) }),
    'code_verifier has 129 characters, it must have 43 to 128',
    'code_verifier must be a string with a maximum length of 128 characters',
  ],
  [
    'a verifier with a sign',
    () => ({ code_verifier: `${short}=` }),
    'code_verifier has a character that is not allowed, at character 43',
    'code_verifier contains invalid characters',
  ],
  [
    'another verifier',
    () => ({ code_verifier: 'v'.repeat(43) }),
    'code_verifier does not match the code_challenge of the authorization request',
    'code_verifier does not match code_challenge',
  ],
  [
    'no verifier',
    () => ({ code_verifier: undefined }),
    'code_verifier is missing: the authorization request had a code_challenge',
    'code_verifier is missing',
  ],
  [
    'another redirect_uri',
    () => ({ redirect_uri: other }),
    'redirect_uri differs from that of the authorization request at character 37',
    'redirect_uri is not the one of the request',
  ],
  [
    'no redirect_uri',
    () => ({ redirect_uri: undefined }),
    "missing required parameter 'redirect_uri'",
    "missing required parameter 'redirect_uri'",
  ],
  [
    'another API',
    () => ({ resource: 'https://other.example.test' }),
    'resource must be https://api.example.test',
    'resource must be https://api.example.test',
  ],
  [
    'a code that is cut',
    ({ code = '' }) => ({ code: code.slice(0, 60) }),
    'code has 60 characters, and one of this server has 65',
    'unknown, revoked, or of another client',
  ],
  [
    'a code that is changed',
    ({ code = '' }) => ({ code: code.slice(0, 64) + (code.endsWith('A') ? 'B' : 'A') }),
    'the code has expired, or it is not the code of this connection',
    'unknown, revoked, or of another client',
  ],
])('the redemption of a code with %s', async (_, change, reason, told) => {
  const fields = toFields(await consent(server.issuer))
  const { reason: said, told: publicly } = await refused({ ...fields, ...change(fields) })
  expect([said, publicly]).toEqual([reason, told])
})

test('a code that was used before, by another client, and when its time is over', async () => {
  const consented = await consent(server.issuer)
  const fields = toFields(consented)
  const stolen = await refused(fields, basic(organizationClient))
  expect(stolen.reason).toBe(
    'the authorization code was issued to the client ledger, and group-ledger sent it',
  )
  await redeem(server.issuer, consented)
  const at = Date.now()
  const twice = await refused(fields)
  expect(twice.reason).toMatch(
    new RegExp(`^this code was used before, at ${clock}(, and the connection was ended)?$`),
  )
  expect(twice.told).toBe('the authorization code was already used')
  expect(Math.abs(at - twice.record.time)).toBeLessThan(60_000)
})

test.each([
  [
    'the method plain',
    (verifier: string) => verifier,
    'code_challenge was the code_verifier itself, as the method plain has it: it must be the SHA-256 of it (S256)',
  ],
  [
    'hexadecimal digits',
    (verifier: string) => createHash('sha256').update(verifier).digest('hex'),
    'code_challenge was the SHA-256 of the code_verifier in hexadecimal digits: it must be in base64url',
  ],
])('a code_challenge made with %s', async (_, toChallenge, reason) => {
  const verifier = 'a-verifier-that-has-between-43-and-128-characters'
  const { code } = await consent(server.issuer, {
    params: { code_challenge: toChallenge(verifier) },
  })
  const { reason: said } = await refused(toFields({ code, verifier, redirect: new URL('x:') }))
  expect(said).toBe(reason)
})
