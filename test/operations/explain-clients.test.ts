import { expect, test, vi } from 'vitest'
import { createProofKeys, prove, type ProofKeys } from '../support/dpop.ts'
import { consent, type Tokens } from '../support/flow.ts'
import { clock, sendRefusedForm, type Explained, type Fields } from '../support/refusals.ts'
import { basic } from '../support/requests.ts'
import { confidential, publicClient, useServer } from '../support/server.ts'

const server = useServer()

const refused = (fields: Fields, headers?: Record<string, string>): Promise<Explained> =>
  sendRefusedForm(server, fields, headers)

const unknown = { client_id: 'nobody', client_secret: 'whatever' }

test.each<
  [name: string, fields: Fields, headers: Record<string, string>, reason: string, told: string]
>([
  [
    'an unknown client',
    {},
    basic(unknown),
    'no client is registered with this client_id, which has 6 characters',
    'client authentication failed',
  ],
  [
    'an unknown client with a short id',
    {},
    basic({ ...unknown, client_id: 'x' }),
    'no client is registered with this client_id, which has 1 character',
    'client authentication failed',
  ],
  [
    'the secret of a client of the options, with a space behind it',
    {},
    basic(confidential, `${confidential.client_secret} `),
    'the client secret is not the one that the options give the client ledger, and has spaces or a line end around it',
    'client authentication failed',
  ],
  [
    'a wrong secret of a client of the options',
    {},
    basic(confidential, 'wrong'),
    'the client secret is not the one that the options give the client ledger',
    'client authentication failed',
  ],
  [
    'no authentication',
    {},
    {},
    'the request names no client',
    'no client authentication mechanism provided',
  ],
  [
    'no secret',
    { client_id: 'ledger' },
    {},
    'the client ledger is registered for client_secret_basic, and the request has no client secret',
    'client authentication failed',
  ],
  [
    'a secret of a public client',
    { client_id: 'mobile', client_secret: 'x' },
    {},
    'the client mobile is registered for none, and the request has a client secret',
    'client authentication failed',
  ],
  [
    'two clients',
    { client_id: 'mobile' },
    basic(confidential),
    'client_id mismatch',
    'client_id mismatch',
  ],
  [
    'an unknown grant type',
    { grant_type: 'password' },
    basic(confidential),
    'grant_type must be authorization_code or refresh_token',
    'unsupported grant_type requested',
  ],
])('%s at the token endpoint', async (_, fields, headers, reason, told) => {
  const grant = { grant_type: 'refresh_token', refresh_token: 'x' }
  const { reason: said, told: publicly } = await refused({ ...grant, ...fields }, headers)
  expect([said, publicly]).toEqual([reason, told])
})

test('a registered client: its secrets, and that it is suspended', async () => {
  const { client, secret: first = '' } = await server.clients.create({
    client_name: 'Nordvind',
    redirect_uris: ['https://nordvind.example.test/callback'],
    scope: 'companies:read',
  })
  const { clientId: client_id } = client
  const { secret: second = '' } = await server.clients.rotateSecret(client_id, { oldEndsIn: 3600 })
  const sent = async (client_secret: string): Promise<string> =>
    (
      await refused(
        { grant_type: 'refresh_token', refresh_token: 'x', client_id, client_secret },
        {},
      )
    ).reason
  expect(await sent(`${second}\n`)).toBe(
    `the client ${client_id} has 2 secrets, and the one sent has spaces or a line end around it`,
  )
  expect(await sent(second.slice(1))).toBe(
    `the client ${client_id} has 2 secrets, and the one sent has not the form of a secret of this server: it has 56 characters`,
  )
  const later = Date.now() + 86_400_000 * 2
  const now = vi.spyOn(Date, 'now').mockReturnValue(later)
  const ended = await sent(first)
  now.mockRestore()
  expect(ended).toMatch(
    new RegExp(
      `^the client secret ended at \\d{4}-\\d\\d-\\d\\d ${clock}; the client ${client_id} has 1 secret$`,
    ),
  )
  await server.clients.rotateSecret(client_id, { oldEndsIn: 0 })
  expect(await sent(second)).toBe(
    `the client ${client_id} has 1 secret, and the one sent is not among them: it was replaced, or is of another client`,
  )
  await server.clients.suspend(client_id)
  expect(await sent(second)).toMatch(
    new RegExp(`^the client ${client_id} is suspended since ${clock}$`),
  )
  expect(
    (await refused({ grant_type: 'refresh_token', refresh_token: 'x', client_id: second }, {}))
      .reason,
  ).toBe('client_id is a client secret: id and secret were exchanged')
})

test('a DPoP proof: its clock, its URL, its key, and that it is missing', async () => {
  const keys = await createProofKeys()
  const url = `${server.issuer}/oauth/token`
  const proven = async (claims: Record<string, unknown>, htu = url): Promise<Explained> =>
    refused(
      { grant_type: 'refresh_token', refresh_token: 'x' },
      { ...basic(confidential), ...(await prove(keys, htu, claims)) },
    )
  const late = await proven({ iat: Math.floor(Date.now() / 1000) - 1000 })
  expect(late.reason).toMatch(
    /^the iat of the DPoP proof is 100\d seconds behind the clock of the server, at most 300 are accepted$/,
  )
  expect((await proven({}, 'https://elsewhere.example.test/token?secret=1')).reason).toBe(
    `the DPoP proof is for https://elsewhere.example.test/token, and the request went to ${url}`,
  )
  expect((await proven({ htm: 'GET' })).reason).toBe('the DPoP proof is for another method')
  const { code, verifier } = await consent(server.issuer, { client: publicClient })
  const fields = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: 'mobile',
    redirect_uri: publicClient.redirect_uris?.[0],
  }
  const bound = await sendRefusedBound(fields, keys, url)
  expect(bound).toBe('a DPoP proof is missing: the code or token is bound to a key')
})

async function sendRefusedBound(fields: Fields, keys: ProofKeys, url: string): Promise<string> {
  const body = new URLSearchParams(fields as Record<string, string>)
  const headers = await prove(keys, url)
  const response = await fetch(url, { method: 'POST', body, headers })
  const { refresh_token } = (await response.json()) as Tokens
  return (await refused({ grant_type: 'refresh_token', refresh_token, client_id: 'mobile' }, {}))
    .reason
}
