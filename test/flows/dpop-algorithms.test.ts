import { hash } from 'node:crypto'
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { local } from '../../lib/resource-server/index.ts'
import { startApi } from '../support/api.ts'
import { createProofKeys, prove, proveWith } from '../support/dpop.ts'
import { useRunning } from '../support/fixtures.ts'
import { consent, post } from '../support/flow.ts'
import { send, toJson } from '../support/requests.ts'
import { resourceServer, useServer } from '../support/server.ts'

const bound = {
  client_id: 'bound',
  redirect_uris: ['https://bound.example.test/callback'],
  scope: 'companies:read',
  token_endpoint_auth_method: 'none' as const,
  dpop_bound_access_tokens: true,
}

describe('a server and an API with another list of algorithms', () => {
  const dpopSigningAlgorithms = ['RS256', 'PS256'] as const
  const rsa = useServer({ clients: [bound, resourceServer], dpopSigningAlgorithms })
  const api = useRunning(() => startApi({ verify: local(rsa), dpopSigningAlgorithms }))

  test.each(dpopSigningAlgorithms)('take %s on both sides', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg)
    const jwk = await exportJWK(publicKey)
    const proveTo = async (htm: string, htu: string, claims = {}) => ({
      DPoP: await proveWith(privateKey, { alg, jwk }, { htm, htu, ...claims }),
    })
    const { code, verifier: code_verifier } = await consent(rsa.issuer, { client: bound })
    const token = `${rsa.issuer}/oauth/token`
    const [redirect_uri] = bound.redirect_uris
    const grant = { grant_type: 'authorization_code', code, code_verifier, redirect_uri }
    const fields = { ...grant, client_id: bound.client_id }
    const { status, body } = await post(token, fields, await proveTo('POST', token))
    expect([status, body['token_type']]).toEqual([200, 'DPoP'])
    const accessToken = String(body['access_token'])
    const ath = hash('sha256', accessToken, 'base64url')
    const used = await send(`${api.origin}/token`, {
      headers: {
        authorization: `DPoP ${accessToken}`,
        ...(await proveTo('GET', `${api.origin}/token`, { ath })),
      },
    })
    expect(used.status).toBe(200)
    const wrong = await send(`${api.origin}/token`, {
      headers: {
        authorization: `DPoP ${accessToken}`,
        ...(await prove(await createProofKeys(), `${api.origin}/token`, { htm: 'GET', ath })),
      },
    })
    expect([wrong.status, toJson(wrong)['error_description']]).toEqual([
      401,
      'the DPoP proof is signed with ES256, accepted are RS256, PS256',
    ])
    expect(wrong.headers['www-authenticate']).toContain('algs="RS256 PS256"')
  })

  test('say so in their metadata', async () => {
    for (const metadata of [
      `${rsa.issuer}/.well-known/oauth-authorization-server`,
      `${api.origin}/.well-known/oauth-protected-resource`,
    ]) {
      expect(toJson(await send(metadata))).toMatchObject({
        dpop_signing_alg_values_supported: dpopSigningAlgorithms,
      })
    }
  })
})
