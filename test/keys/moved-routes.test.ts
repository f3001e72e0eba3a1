import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { AuthorizationServerOptions } from '../../lib/index.ts'
import { post } from '../support/flow.ts'
import { basic } from '../support/requests.ts'
import { audience, openServer } from '../support/server.ts'
import { addMachine, headerOf, machine, signing } from '../support/signed-tokens.ts'

// `configure` has the last word on where everything answers.

type Routes = NonNullable<
  ReturnType<NonNullable<AuthorizationServerOptions['configure']>>['routes']
>

/** A server that has not used its keys yet, and answers elsewhere. */
async function start(routes: Routes): Promise<string> {
  const storage = createMemoryAdapter()
  await addMachine(storage)
  const configure: AuthorizationServerOptions['configure'] = (configuration) => {
    const signed = signing.configure?.(configuration) ?? configuration
    return { ...signed, routes: { ...signed.routes, ...routes } }
  }
  const server = await openServer({ ...signing, storage, configure })
  return server.issuer
}

async function kidsAt(url: string): Promise<readonly string[]> {
  const response = await fetch(url)
  expect(response.headers.get('cache-control')).toBe('public, max-age=1')
  const { keys } = (await response.json()) as { readonly keys: readonly { readonly kid: string }[] }
  return keys.map(({ kid }) => kid)
}

describe('keys in the storage', () => {
  test.each(['/oauth/keys', '/oauth/Keys', '/oauth//keys'])(
    'are published where the JWKS was moved to: %s',
    async (jwks) => {
      const issuer = await start({ jwks })
      // The framework takes every case, and a slash at the end.
      for (const path of ['/oauth/keys', '/oauth/KEYS', '/oauth/keys/'])
        expect(await kidsAt(issuer + path)).toHaveLength(1)
    },
  )

  test('sign where the token endpoint was moved to, from the first request on', async () => {
    const issuer = await start({ token: '/oauth/elsewhere' })
    const fields = { grant_type: 'client_credentials', resource: audience }
    const { body } = await post(`${issuer}/oauth/elsewhere`, fields, basic(machine))
    expect([headerOf(String(body['access_token'])).kid]).toEqual(
      await kidsAt(`${issuer}/oauth/jwks`),
    )
  })
})
