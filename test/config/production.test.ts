import { afterEach, describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { ConfigurationIssue } from '../../lib/index.ts'
import { issuesOf } from '../support/issues.ts'
import { confidential } from '../support/server.ts'

afterEach(() => vi.unstubAllEnvs())

const pathsOf = (options: object): readonly string[] => issuesOf(options).map(({ path }) => path)

describe('in production', () => {
  const key = 'k'.repeat(32)
  const production = (options: Record<string, unknown>): readonly ConfigurationIssue[] => {
    vi.stubEnv('NODE_ENV', 'production')
    return issuesOf(options)
  }

  const nothing = { storage: undefined, signingKeys: undefined, issuer: 'http://localhost:3000' }

  test('storage, signing keys and long cookie keys are required, all said at once', () => {
    const issues = production({ ...nothing, cookieKeys: [key, 'short'] })
    expect(issues.map(({ path }) => path)).toEqual(['storage', 'signingKeys', 'cookieKeys[1]'])
    for (const { code } of issues) expect(code).toBe('not_for_production')
  })

  test('mistakes of both kinds are said at once', () => {
    const paths = production({ ...nothing, issuer: 'nonsense' }).map(({ path }) => path)
    expect(paths).toContain('issuer')
    expect(paths).toContain('storage')
  })

  test('memory and passing keys are accepted when said outright', () => {
    const outright = { storage: createMemoryAdapter(), signingKeys: 'ephemeral', cookieKeys: [key] }
    expect(production(outright)).toEqual([])
    expect(production({ ...outright, signingKeys: 'stored' })).toEqual([])
  })

  test('and elsewhere nothing of it is asked for', () => {
    vi.stubEnv('NODE_ENV', 'test')
    const clients = [{ ...confidential, client_secret: 'short' }]
    expect(issuesOf({ ...nothing, cookieKeys: ['short'], clients })).toEqual([])
  })

  test.each(['https://auth.example.test', 'HTTPS://auth.example.test', 'https://localhost:3000'])(
    'is what an https issuer means, whatever NODE_ENV says: %s',
    (issuer) => {
      const clients = [confidential, { ...confidential, client_id: 'x', client_secret: 'short' }]
      for (const environment of ['development', 'test', '', undefined]) {
        vi.stubEnv('NODE_ENV', environment)
        const paths = pathsOf({ ...nothing, issuer, cookieKeys: ['short'], clients })
        expect(paths).toEqual(
          expect.arrayContaining([
            'storage',
            'signingKeys',
            'cookieKeys[0]',
            'clients[1].client_secret',
          ]),
        )
        expect(paths).not.toContain('clients[0].client_secret')
      }
    },
  )

  describe('the secrets of clients', () => {
    const withSecret = (client_secret: unknown, more = {}): Record<string, unknown> => ({
      clients: [{ ...confidential, client_secret }],
      ...more,
    })

    const outside = (options: Record<string, unknown>): readonly ConfigurationIssue[] => {
      vi.stubEnv('NODE_ENV', 'test')
      return issuesOf({ issuer: 'http://localhost:3000', ...options })
    }

    function shortSecretWarnings(start: () => readonly ConfigurationIssue[]): readonly unknown[] {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
      expect(start()).toEqual([])
      const calls = warn.mock.calls.filter(
        ([, how]) => (how as { readonly code?: string }).code === 'short_client_secret',
      )
      warn.mockRestore()
      return calls.map(([text]) => text)
    }

    test('have at least 32 characters', () => {
      expect(production(withSecret('s'.repeat(32)))).toEqual([])
      expect(production(withSecret('s'.repeat(31)))).toMatchObject([
        { path: 'clients[0].client_secret', code: 'not_for_production' },
      ])
      expect(JSON.stringify(issuesOf(withSecret('s'.repeat(31))))).not.toContain('sss')
    })

    test.each([
      ['with a switch in production', 'short', { allowShortClientSecrets: true }, production],
      ['on a loopback issuer', 'short', {}, outside],
    ])('that are shorter go on %s, and are warned of by their path', (_how, secret, more, find) => {
      expect(shortSecretWarnings(() => find(withSecret(secret, more)))).toEqual([
        expect.stringMatching(/^(?!.*short,).*clients\[0\]\.client_secret/),
      ])
    })

    test('that are long enough are not warned of', () => {
      const secret = 's'.repeat(32)
      expect(shortSecretWarnings(() => outside(withSecret(secret)))).toEqual([])
      const more = { allowShortClientSecrets: true }
      expect(shortSecretWarnings(() => production(withSecret(secret, more)))).toEqual([])
    })

    test.each(['yes', 1, null])('need no switch that is no boolean: %j', (value) => {
      const issues = production(withSecret('short', { allowShortClientSecrets: value }))
      expect(issues.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['allowShortClientSecrets', 'clients[0].client_secret']),
      )
    })

    test.each([[null], [[null]], [{}], ['x']])('are looked at in anything: %j', (clients) => {
      expect(() => production({ clients })).not.toThrow()
    })
  })
})
