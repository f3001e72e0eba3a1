import assert from 'node:assert/strict'
import type { Condense, ListedGrant, Storage } from '../../storage.ts'
import { sampleGrant, sampleToken, type Contract } from './harness.ts'

/** Picks the newest grant of each client, and the newest of each color. */
const condense: Condense = (grants) => {
  const newest = new Map<unknown, ListedGrant>()
  for (const grant of grants.toSorted((one, other) => ageOf(other) - ageOf(one))) {
    newest.set(grant.payload.clientId, grant)
    newest.set(`color ${String(grant.payload['color'])}`, grant)
  }
  return [...new Set(newest.values())]
}

/** The higher, the longer ago it was made. */
const ageOf = ({ payload }: ListedGrant): number => -Number(payload['number'])

const connect = async (
  storage: Storage,
  number: number,
  of: { readonly clientId?: string; readonly color?: string } = {},
): Promise<string> => {
  const { id, payload } = sampleGrant({ number, color: 'blue', ...of })
  await storage.grants.save(id, payload, 600)
  await storage.grants.add(id, 'RefreshToken', sampleToken(id))
  return id
}

const connectMany = async (storage: Storage, first: number, count: number): Promise<string[]> => {
  const ids: string[] = []
  for (let number = first; number < first + count; number += 1) {
    ids.push(await connect(storage, number))
  }
  return ids
}

const listIds = async (storage: Storage, clientId?: string): Promise<readonly string[]> => {
  const of = { subject: 's', ...(clientId !== undefined && { clientId }) }
  return (await storage.grants.list(of, condense)).map(({ grantId }) => grantId)
}

/** The contract for lists that are condensed. */
export const condensedListContract: Contract = {
  'a condensed list of many tells as much as all': async ({ storage, other }) => {
    const single = await connect(storage, 0, { clientId: 'two' })
    const colored = await connect(storage, 1, { color: 'red' })
    const many = await connectMany(storage, 2, 60)
    const all = new Set([single, colored, ...many])
    for (const place of [storage, other, storage]) {
      const ids = await listIds(place)
      for (const id of [single, colored, many.at(-1) ?? '']) assert.ok(ids.includes(id))
      assert.equal(new Set(ids).size, ids.length)
      assert.ok(ids.every((id) => all.has(id)))
      assert.deepEqual(await listIds(place, 'two'), [single])
      assert.ok((await listIds(place, 'c')).includes(colored))
      assert.ok(!(await listIds(place, 'c')).includes(single))
    }
  },
  'a grant is in a condensed list from its first token on, however many came since': async ({
    storage,
    other,
  }) => {
    const early = sampleGrant({ number: 0, clientId: 'early' })
    await storage.grants.save(early.id, early.payload, 600)
    await connectMany(storage, 1, 40)
    await listIds(other)
    const late = sampleGrant({ number: 41, clientId: 'late' })
    await storage.grants.save(late.id, late.payload, 600)
    for (let number = 42; number < 82; number += 1) {
      const id = await connect(storage, number)
      const ids = await listIds(other)
      assert.ok(ids.includes(id))
      assert.ok(!ids.includes(early.id) && !ids.includes(late.id))
    }
    for (const { id } of [early, late]) {
      await storage.grants.add(id, 'RefreshToken', sampleToken(id))
      assert.ok((await listIds(other)).includes(id))
    }
  },
  'when those end that a condensed list has, it has others, until none lives': async ({
    storage,
    other,
  }) => {
    const all = new Set(await connectMany(storage, 0, 60))
    while (all.size > 0) {
      const ids = await listIds(other)
      assert.notEqual(ids.length, 0)
      const newest = [...all].at(-1) ?? ''
      assert.ok(ids.includes(newest))
      for (const id of ids) {
        assert.ok(all.delete(id))
        await storage.grants.end(id)
      }
    }
    assert.deepEqual(await listIds(other), [])
  },
  'a condensed list has nothing that ended or is over': async ({ storage, other, pass }) => {
    await connectMany(storage, 0, 40)
    await listIds(other)
    const single = await connect(storage, 40, { clientId: 'two' })
    await storage.grants.endAll({ clientId: 'c' })
    assert.deepEqual(await listIds(other), [single])
    for (let number = 0; number < 30; number += 1) {
      const { id, payload } = sampleGrant()
      await storage.grants.save(id, payload, 60)
      await storage.grants.add(id, 'AccessToken', sampleToken(id, 1))
    }
    assert.ok((await listIds(other)).length > 1)
    await pass(1.1)
    assert.deepEqual(await listIds(other), [single])
  },
  'grants that come at once are in a condensed list, also while it is made': async ({
    storage,
    other,
  }) => {
    await connectMany(storage, 0, 30)
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const [of, reader] = index % 2 ? [storage, other] : [other, storage]
        const id = await connect(of, 100 + index, { clientId: `client ${index}` })
        assert.ok((await listIds(reader)).includes(id))
      }),
    )
    const ids = await listIds(other)
    assert.equal(new Set(ids).size, ids.length)
    assert.equal((await storage.grants.list({ subject: 's' })).length, 70)
    for (let index = 0; index < 40; index += 1) {
      assert.equal((await listIds(storage, `client ${index}`)).length, 1)
    }
  },
}
