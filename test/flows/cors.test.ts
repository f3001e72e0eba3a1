import { expect, it } from 'vitest'
import { consent, redeem } from '../support/flow.ts'
import { confidential, publicClient, useServer } from '../support/server.ts'
import type { ClientMetadata } from '../../lib/index.ts'

const server = useServer()

async function redeemFrom(origin: string, client: ClientMetadata) {
  const { code, verifier } = await consent(server.issuer, { client })
  const response = await fetch(`${server.issuer}/oauth/token`, {
    method: 'POST',
    headers: { origin },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: client.redirect_uris?.[0] ?? '',
      client_id: client.client_id,
      ...(client.client_secret && { client_secret: client.client_secret }),
    }),
  })
  return { status: response.status, allowed: response.headers.get('access-control-allow-origin') }
}

it('lets a public client in a browser read its tokens from the origin of its redirect URI', async () => {
  const origin = 'https://mobile.example.test'
  expect(await redeemFrom(origin, publicClient)).toEqual({ status: 200, allowed: origin })
})

it('refuses every other origin, and uses nothing up', async () => {
  const refused = { status: 400, allowed: null }
  expect(await redeemFrom('https://evil.test', publicClient)).toEqual(refused)
  expect(await redeemFrom('null', publicClient)).toEqual(refused)
  expect(await redeemFrom('https://ledger.example.test', confidential)).toEqual(refused)
  const { status } = await redeem(server.issuer, await consent(server.issuer))
  expect(status).toBe(200)
})
