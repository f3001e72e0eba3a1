import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, createAuthorizationServer, type Lifetimes } from '../../lib/index.ts'
import { connect } from '../support/flow.ts'
import { createAccounts } from '../support/people.ts'
import { audience, openServer } from '../support/server.ts'

const options = {
  issuer: 'http://localhost:3000',
  cookieKeys: ['a key for the cookies'],
  accounts: createAccounts(),
  resourceServer: { audience },
}

describe('signing keys', () => {
  const jwk = (kind: 'rsa' | 'ec' | 'ed25519'): object => {
    const { privateKey } =
      kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : kind === 'ec'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('ed25519')
    return privateKey.export({ format: 'jwk' })
  }

  test.each(['rsa', 'ec', 'ed25519'] as const)(
    'can be of kind %s, and nothing private is published',
    async (kind) => {
      const { issuer } = await openServer({ signingKeys: { keys: [jwk(kind)] } as never })
      expect((await connect(issuer)).token_type).toBe('Bearer')
      const { keys } = (await (await fetch(`${issuer}/oauth/jwks`)).json()) as { keys: object[] }
      expect(keys).toHaveLength(1)
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'])
        expect(keys[0]).not.toHaveProperty(member)
    },
  )

  test('can be several, and are published in their order', async () => {
    const keys = [jwk('ec'), jwk('rsa')]
    const { issuer } = await openServer({ signingKeys: { keys } as never })
    const published = (await (await fetch(`${issuer}/oauth/jwks`)).json()) as {
      keys: { kty: string }[]
    }
    expect(published.keys.map(({ kty }) => kty)).toEqual(['EC', 'RSA'])
  })

  test.each(['store', 7, null, { stored: true }])(
    'like %j are a mistake in the options',
    (given) => {
      const error = thrownBy(() =>
        createAuthorizationServer({ ...options, signingKeys: given as never }),
      )
      expect(error).toMatchObject({
        issues: [{ path: expect.stringMatching(/^signingKeys/) as string }],
      })
    },
  )

  const makeStored = (lifetimes: Partial<Lifetimes>) => (): unknown =>
    createAuthorizationServer({ ...options, signingKeys: 'stored', lifetimes })

  test.each<[string, Partial<Lifetimes>, number]>([
    ['a minute', {}, 960],
    ['a minute', { accessToken: 3600 }, 3660],
    ['a minute', { keyAnnouncement: 40 }, 960],
    ['as long as it takes all to switch, where that is less', { keyAnnouncement: 39 }, 959],
    [
      'as long as it takes all to switch, where that is less',
      { keyAnnouncement: 1, accessToken: 5 },
      7,
    ],
  ])(
    'those in the storage are published for %s longer than a token lives: %j',
    (_, lifetimes, least) => {
      expect(makeStored({ ...lifetimes, keyRetirement: least })).not.toThrow()
      expect(thrownBy(makeStored({ ...lifetimes, keyRetirement: least - 1 }))).toMatchObject({
        issues: [
          {
            path: 'lifetimes.keyRetirement',
            code: 'too_short',
            message: expect.stringContaining('accessToken and 60 seconds at least') as string,
          },
        ],
      })
    },
  )

  test('those in the storage are published long enough where nothing is said', () => {
    expect(makeStored({ accessToken: 400_000 })).not.toThrow()
    expect(thrownBy(makeStored({ keyAnnouncement: 0 }))).toMatchObject({
      issues: [{ path: 'lifetimes.keyAnnouncement' }],
    })
  })

  const useless: readonly (readonly [string, object])[] = [
    ['public', { kty: 'OKP', crv: 'Ed25519', x: 'a' }],
    ['broken', { kty: 'EC', crv: 'P-256', x: 'b2s', y: 'b2s', d: 'c2VjcmV0' }],
    ['symmetric', { kty: 'oct', k: 'c2VjcmV0' }],
    ['for encryption', { ...jwk('ec'), use: 'enc' }],
    ['of an unknown algorithm', { ...jwk('ec'), alg: 'XX' }],
  ]
  const make = (key: object) => (): unknown =>
    createAuthorizationServer({ ...options, signingKeys: { keys: [key] } })

  test.each(useless)('that are %s are a mistake in the options', (_, key) => {
    expect(make(key)).toThrow(ConfigurationError)
  })

  test.each(useless)('that are %s are not printed with the error', (_, key) => {
    const printed = inspect(thrownBy(make(key)), { depth: 9 })
    const { d, k } = { d: 'no private part', k: 'no secret', ...key }
    expect(printed).not.toContain(d)
    expect(printed).not.toContain(k)
  })
})

function thrownBy(make: () => unknown): unknown {
  try {
    return make()
  } catch (error) {
    return error
  }
}
