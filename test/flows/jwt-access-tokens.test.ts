import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { createProofKeys, prove } from '../support/dpop.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, consent, introspect, post, refresh } from '../support/flow.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { bakery, idOf, nordlysGroup } from '../support/people.ts'
import { basic } from '../support/requests.ts'
import {
  audience,
  confidential,
  organizationClient,
  publicClient,
  resourceServer,
} from '../support/server.ts'

const server = useRunning(startJwtServer)
let issuer: string
beforeAll(() => void ({ issuer } = server))

const keySet = (of = issuer) => createRemoteJWKSet(new URL(`${of}/oauth/jwks`))
const verify = async (token: string, of = issuer) =>
  jwtVerify(token, keySet(of), { issuer: of, audience, typ: 'at+jwt' })

describe('an access token that is a JWT', () => {
  const scope = 'companies:read users:read'

  test('has the claims of RFC 9068 for the company, and no others', async () => {
    const tokens = await connect(issuer, { params: { scope } })
    const { payload, protectedHeader } = await verify(tokens.access_token)
    const { iat = 0, exp = 0, jti, 'urn:pleo:params:oauth:grant': grant, ...claims } = payload
    expect(claims).toEqual({
      iss: issuer,
      aud: audience,
      sub: idOf(bakery),
      'urn:pleo:params:oauth:subject_urn': bakery,
      client_id: confidential.client_id,
      scope,
    })
    expect([exp - iat, jti, grant]).toEqual([
      900,
      expect.stringMatching(/^[\w-]{22}$/),
      expect.stringMatching(/^[\w-]{22}$/),
    ])
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: protectedHeader.kid })
    expect(protectedHeader.kid).toMatch(/./)
  })

  test('comes in the same response as others', async () => {
    const { access_token, refresh_token, ...rest } = await connect(issuer)
    expect(rest).toEqual({ expires_in: 900, scope: 'companies:read', token_type: 'Bearer' })
    const { body } = await refresh(issuer, refresh_token)
    expect(Object.keys(body).toSorted()).toEqual(
      [...Object.keys(rest), 'access_token', 'refresh_token'].toSorted(),
    )
    expect(access_token.split('.')).toHaveLength(3)
    expect(refresh_token).not.toContain('.')
  })

  test('passes the validation of oauth4webapi', async () => {
    const { access_token } = await connect(issuer)
    const insecure = { [oauth.allowInsecureRequests]: true }
    const url = new URL(issuer)
    const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure })
    const as = await oauth.processDiscoveryResponse(url, response)
    const headers = { authorization: `Bearer ${access_token}` }
    const request = new Request(`${audience}/v1/companies`, { headers })
    const claims = await oauth.validateJwtAccessToken(as, request, audience, insecure)
    expect([claims.sub, claims.client_id]).toEqual([idOf(bakery), confidential.client_id])
    const other = new Request(`${audience}/v1/companies`, { headers })
    const elsewhere = 'https://other.example.test'
    await expect(oauth.validateJwtAccessToken(as, other, elsewhere, insecure)).rejects.toThrow(
      /aud/,
    )
  })

  test.each<[string, string, ClientMetadata, string]>([
    ['a company', 'sofia', confidential, bakery],
    ['an organization', 'jonas', organizationClient, nordlysGroup],
    ['a public client', 'sofia', publicClient, bakery],
  ])('for %s names nobody who granted it', async (_, as, client, subject) => {
    const { access_token, refresh_token } = await connect(issuer, { client, as, subject })
    const { body } = await refresh(issuer, refresh_token, client)
    for (const token of [access_token, String(body['access_token'])]) {
      const claims = decodeJwt(token)
      expect(claims.sub).toBe(idOf(subject))
      const whole = JSON.stringify([claims, decodeProtectedHeader(token)])
      for (const word of [as, 'Lind', 'Berg', '@example.test']) expect(whole).not.toContain(word)
    }
  })

  test('is bound to the key of DPoP, which introspection shows as well', async () => {
    const keys = await createProofKeys()
    const { code, verifier: code_verifier } = await consent(issuer)
    const [redirect_uri] = confidential.redirect_uris ?? []
    const grant = { grant_type: 'authorization_code', code, code_verifier, redirect_uri }
    const url = `${issuer}/oauth/token`
    const headers = { ...basic(confidential), ...(await prove(keys, url)) }
    const { body } = await post(url, grant, headers)
    expect(body['token_type']).toBe('DPoP')
    const token = String(body['access_token'])
    const { cnf } = decodeJwt(token)
    expect(cnf).toEqual({ jkt: expect.stringMatching(/^[\w-]{43}$/) })
    const answer = await introspect(issuer, token, resourceServer)
    expect(answer).toMatchObject({ active: true, token_type: 'DPoP', cnf })
  })
})
