import { expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createRedisAdapter } from '../../adapters/redis.ts'
import {
  ConfigurationError,
  createAuthorizationServer,
  type AuthorizationServerOptions,
  type StorageProblem,
} from '../../lib/index.ts'
import { createAccounts } from '../support/people.ts'
import { audience } from '../support/server.ts'

const create = (options: Partial<AuthorizationServerOptions>) =>
  createAuthorizationServer({
    issuer: 'http://localhost:3000',
    cookieKeys: ['a key'],
    accounts: createAccounts(),
    resourceServer: { audience },
    ...options,
  })

function issuesOf(options: Record<string, unknown>): readonly string[] {
  try {
    create(options)
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.issues.map(({ path, message }) => `${path} ${message}`)
  }
}

test.each([
  [0, []],
  [60, []],
  [3600, []],
  [-1, ['refreshRetryWindow must be 0 or more']],
  [3601, ['refreshRetryWindow must be 3600 at most']],
  [1.5, ['refreshRetryWindow must be a whole number of seconds']],
  ['60', ['refreshRetryWindow must be a whole number of seconds']],
])('refreshRetryWindow %j', (refreshRetryWindow, issues) => {
  expect(issuesOf({ refreshRetryWindow })).toEqual(issues)
})

test.each([
  ['a function, as adapters of the framework are', () => ({})],
  ['a text', 'redis://localhost'],
  ['null', null],
  ['half of one', { records: () => ({}), grants: {} }],
])('storage that is %s is refused', (_, storage) => {
  const message =
    'storage must be a storage adapter, as createMemoryAdapter() or createRedisAdapter() make it'
  expect(issuesOf({ storage })).toEqual([message])
})

test('check tells all that is wrong with the storage, with its codes', async () => {
  const problems: readonly StorageProblem[] = [
    { code: 'evicting_policy', message: 'it evicts' },
    { code: 'old_redis', message: 'it is old' },
  ]
  const storage = { ...createMemoryAdapter(), check: async () => problems }
  const error: unknown = await create({ storage })
    .check()
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ConfigurationError)
  expect((error as ConfigurationError).issues).toEqual(
    problems.map((problem) => ({ path: 'storage', ...problem })),
  )
  expect((error as Error).message).toBe(
    'the storage is not set up as it must be:\n  storage: it evicts\n  storage: it is old',
  )
  await expect(create({}).check()).resolves.toBeUndefined()
})

test.each([
  ['keys', undefined],
  ['keys', []],
  ['keys', ['short']],
  ['keys', ['long enough to be a storage key, 32+', 'short']],
  ['keys', 'long enough to be a storage key, 32+'],
])('createRedisAdapter refuses %s that are %j, and says nothing of them', (name, keys) => {
  const make = (): unknown => createRedisAdapter({ client: {} as never, keys: keys as never })
  expect(make).toThrow(TypeError)
  expect(make).toThrow(new RegExp(`^${name} must hold at least one secret`))
  expect(make).not.toThrow(/short|long enough/)
})
