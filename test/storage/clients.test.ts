import { Redis } from 'ioredis'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, consent, introspect, redeem, refresh } from '../support/flow.ts'
import { dumpOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { register, registration, toCredentials, type Credentials } from '../support/registered.ts'
import { pause } from '../support/requests.ts'
import { resourceServer, useServer } from '../support/server.ts'

// Clients in Redis, with two processes that do not hear of each other: what one changes, the other finds out.

let storage: Storage
const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
beforeAll(() => void (storage = createRedisAdapter({ client, keys: storageKeys })))
const here = useServer(() => ({ storage }))
const there = useServer(() => ({ storage: createRedisAdapter({ client, keys: storageKeys }) }))

/** More than the second within which every process knows. */
const soon = (): Promise<void> => pause(1050)

describe('within a second, the other process', () => {
  test('takes a new secret at once, and the old one no more', async () => {
    const old = await register(here.clients)
    const { refresh_token } = await connect(there.issuer, { client: old })
    const rotated = await here.clients.rotateSecret(old.client_id, { now: true })
    await soon()
    expect((await refresh(there.issuer, refresh_token, old)).status).toBe(401)
    const fresh = toCredentials(rotated)
    expect((await refresh(there.issuer, refresh_token, fresh)).status).toBe(200)
  })

  test('takes nothing of a suspended client, and everything of one that is resumed', async () => {
    const partner = await register(here.clients)
    const { access_token } = await connect(there.issuer, { client: partner })
    const isActive = async (): Promise<unknown> =>
      (await introspect(there.issuer, access_token, resourceServer))['active']
    expect(await isActive()).toBe(true)
    await here.clients.suspend(partner.client_id)
    await soon()
    expect(await isActive()).toBe(false)
    await here.clients.resume(partner.client_id)
    await soon()
    expect(await isActive()).toBe(true)
  })

  test('has nothing left of a removed one, not even what it granted meanwhile', async () => {
    const partner = await register(here.clients)
    await connect(there.issuer, { client: partner })
    const waiting = await consent(there.issuer, { client: partner })
    const reasons: string[] = []
    here.connections.events.on('connection.revoked', ({ clientId, reason }) => {
      if (clientId === partner.client_id) reasons.push(reason)
    })
    const removing = here.clients.remove(partner.client_id)
    // It has not heard of it yet.
    await connect(there.issuer, { client: partner }).catch(() => undefined)
    expect(await removing).toBe(true)
    expect(await storage.grants.endAll({ clientId: partner.client_id })).toEqual([])
    expect(reasons.length).toBeGreaterThanOrEqual(2)
    expect(new Set(reasons)).toEqual(new Set(['client_removed']))
    expect((await redeem(there.issuer, waiting, partner)).status).toBe(401)
  })
})

test('of many changes at once by both, none is lost', async () => {
  const { client_id } = await register(here.clients)
  const tags = Array.from({ length: 19 }, (_, index) => `x-p${index}`)
  await Promise.all(
    tags.map((tag, index) =>
      (index % 2 ? here : there).clients.update(client_id, {
        [`client_name#de-${tag}`]: `Name ${index}`,
      }),
    ),
  )
  const { metadata } = (await here.clients.find(client_id)) ?? {}
  for (const [index, tag] of tags.entries()) {
    expect(metadata?.[`client_name#de-${tag}`]).toBe(`Name ${index}`)
  }
})

test('a name is given once, however many ask for it on both', async () => {
  const answers = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? here : there).clients.create({ ...registration, client_name: 'Just One' }),
    ),
  )
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

describe('a dump', () => {
  const formsOf = (text: string): readonly string[] => [
    text,
    text.slice('pleo_cs_'.length),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('hex'),
  ]

  test('has no secret that was or is good, and nothing in it is one', async () => {
    const partner = await register(here.clients)
    const { refresh_token } = await connect(here.issuer, { client: partner })
    const second = toCredentials(await here.clients.rotateSecret(partner.client_id))
    await refresh(here.issuer, refresh_token, second)
    const third = toCredentials(await here.clients.rotateSecret(partner.client_id))
    const entries = await dumpOf(client)
    const everything = entries.map(({ key, value }) => `${key} ${value}`).join('\n')
    for (const { client_secret } of [partner, second, third]) {
      for (const form of formsOf(client_secret)) expect(everything).not.toContain(form)
    }
    expect(everything).not.toContain('Nordvind')
    for (const text of new Set(everything.match(/[\w-]{8,}/g))) {
      const guess = { ...partner, client_secret: text }
      expect((await refresh(here.issuer, 'x'.repeat(93), guess)).status).toBe(401)
    }
  })

  test('nor what is sealed in it: opened with every key, it has hashes', async () => {
    const partner: Credentials = await register(here.clients)
    const opened = JSON.stringify(await storage.records('Client').find(partner.client_id))
    expect(opened).toContain('"hash"')
    for (const form of formsOf(partner.client_secret)) expect(opened).not.toContain(form)
    const { registration: inside } = JSON.parse(opened) as {
      registration: { secrets: { hash: string }[] }
    }
    const hash = { ...partner, client_secret: inside.secrets[0]?.hash ?? '' }
    expect((await refresh(here.issuer, 'x'.repeat(93), hash)).status).toBe(401)
  })

  test('keeps for ever only clients, their names, and the list of them', async () => {
    const partner = await register(here.clients)
    await here.clients.update(partner.client_id, { client_name: 'Another Name Altogether' })
    const kinds = (await dumpOf(client))
      .filter(({ expiresIn }) => expiresIn === undefined)
      .map(({ key }) => key.replace(/:[\w-]{22}$/, ''))
    expect(new Set(kinds)).toEqual(new Set(['pleo:client', 'pleo:client-name', 'pleo:client-ids']))
    const before = kinds.length
    expect(await here.clients.remove(partner.client_id)).toBe(true)
    const after = (await dumpOf(client)).filter(({ expiresIn }) => expiresIn === undefined)
    expect(after).toHaveLength(before - 2)
  })
})
