import { describe, expect, test } from 'vitest'
import {
  parseRedisUrl,
  recommendedRedisOptions,
  RedisUrlError,
  toClientOptions,
} from '../../adapters/redis.ts'

const local = { host: 'localhost', port: 6379 }

describe('a URL of Redis names', () => {
  test.each([
    ['redis://localhost', { kind: 'server', hosts: [local], tls: false, db: 0 }],
    [
      'rediss://sofia:p%40ss@[::1]:6380/2',
      {
        kind: 'server',
        hosts: [{ host: '::1', port: 6380 }],
        tls: true,
        username: 'sofia',
        password: 'p@ss',
        db: 2,
      },
    ],
    [
      'rediss://:pass@one:1,rediss://:pass@two:2, localhost',
      {
        kind: 'cluster',
        hosts: [{ host: 'one', port: 1 }, { host: 'two', port: 2 }, local],
        tls: true,
        password: 'pass',
        db: 0,
      },
    ],
    [
      'redis+sentinel://:pass@one, two:2/primary/3',
      {
        kind: 'sentinel',
        hosts: [
          { host: 'one', port: 26_379 },
          { host: 'two', port: 2 },
        ],
        tls: false,
        password: 'pass',
        db: 3,
        primaryName: 'primary',
      },
    ],
  ])('%s', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address)
  })

  test.each([
    '',
    'localhost',
    'http://:verysecret@localhost',
    'redis://:very/secret@localhost',
    'redis://:verysecret%zz@localhost',
    'redis://:verysecret@localhost?db=1',
    'redis+sentinel://:verysecret@localhost',
    'rediss+sentinel://:verysecret@localhost/primary',
  ])('nothing where it is %j, and the error has no part of it', (url) => {
    const parse = (): unknown => parseRedisUrl(url)
    expect(parse).toThrow(RedisUrlError)
    expect(parse).toThrow(/^must /)
    expect(parse).not.toThrow(/secret/)
  })
})

describe('the options of a client', () => {
  const options = (url: string) => toClientOptions(parseRedisUrl(url), recommendedRedisOptions)

  test('of one server are its own with the common ones', () => {
    expect(options('rediss://:pass@localhost/1')).toEqual({
      options: { ...recommendedRedisOptions, ...local, db: 1, password: 'pass', tls: {} },
    })
  })

  test('by Sentinel have the password for the servers, not for the Sentinels', () => {
    expect(options('redis+sentinel://:pass@localhost/primary').options).toEqual({
      ...recommendedRedisOptions,
      sentinels: [{ host: 'localhost', port: 26_379 }],
      name: 'primary',
      password: 'pass',
      db: 0,
    })
  })

  test('by Sentinel have the access to the Sentinels, which no other kind has', () => {
    const access = { sentinelUsername: 'pleo', sentinelPassword: 'other' }
    const optionsOf = (url: string) => toClientOptions({ ...parseRedisUrl(url), ...access }, {})
    expect(optionsOf('redis+sentinel://:pass@localhost/primary').options).toMatchObject({
      password: 'pass',
      ...access,
    })
    expect(optionsOf('redis://localhost').options).not.toHaveProperty('sentinelPassword')
  })

  test('of a Cluster leave the trying again to the Cluster', () => {
    const { nodes, options: cluster } = options('redis://:pass@localhost,localhost')
    expect(nodes).toEqual([local, local])
    expect(cluster).toMatchObject({
      clusterRetryStrategy: recommendedRedisOptions.retryStrategy,
      redisOptions: { password: 'pass', commandTimeout: recommendedRedisOptions.commandTimeout },
    })
    expect(cluster).not.toHaveProperty('redisOptions.retryStrategy')
  })
})
