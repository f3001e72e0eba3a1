import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { skeletonOf } from '../../lib/clients/look-alikes.ts'
import { ClientMetadataError, type RecordStorage, type Storage } from '../../lib/index.ts'
import { registration } from '../support/registered.ts'
import { pause } from '../support/requests.ts'
import { startServer, type RunningServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

// A name has one client, whoever dies on the way, comes twice or at once; and none keeps it who is not called so.

/** What happens at the next call of a method: it is held up, or fails before or after it was done. */
type Fault = (call: () => Promise<unknown>) => Promise<unknown>

let storage: Storage
let faults: Map<string, Fault>
let server: RunningServer
let other: RunningServer
beforeEach(async () => {
  storage = await createTestStorage()
  faults = new Map()
  server = await startServer({ storage: withFaults(storage) })
  other = await startServer({ storage })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all([server.close(), other.close()])
})

const withFaults = (intact: Storage): Storage => ({
  ...intact,
  records: (model) => faulty(model, intact.records(model)),
})

function faulty(model: string, records: RecordStorage): RecordStorage {
  const wrap = (name: keyof RecordStorage): unknown => {
    const method = records[name] as (...args: readonly unknown[]) => Promise<unknown>
    return (...args: readonly unknown[]) => {
      const fault = faults.get(`${model}.${name}`)
      faults.delete(`${model}.${name}`)
      const call = (): Promise<unknown> => method(...args)
      return fault ? fault(call) : call()
    }
  }
  const names = Object.keys(records) as (keyof RecordStorage)[]
  return Object.fromEntries(names.map((name) => [name, wrap(name)])) as unknown as RecordStorage
}

/** What is said of a storage that failed. */
const unavailable = 'temporarily_unavailable'

const failsBefore: Fault = () => Promise.reject(new Error('gone'))
const failsAfter: Fault = (call) => call().then(() => Promise.reject(new Error('gone')))

/** Held up until it is let go. */
function held(): { readonly fault: Fault; readonly begun: Promise<void>; readonly go: () => void } {
  const [begun, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const fault: Fault = async (call) => {
    begun.resolve()
    await gone.promise
    return call()
  }
  return { fault, begun: begun.promise, go: gone.resolve }
}

const create = async (client_name: string, at = other): Promise<string> =>
  (await at.clients.create({ ...registration, client_name })).client.clientId

/** Whether nobody has a name; who asks has it then. */
async function isFree(client_name: string): Promise<boolean> {
  try {
    await create(client_name)
    return true
  } catch (error) {
    if (error instanceof ClientMetadataError && error.issues[0]?.code === 'name_taken') return false
    throw error
  }
}

/** From now on it is so many milliseconds later. */
function pass(milliseconds: number): void {
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() + milliseconds)
}

describe('whoever dies', () => {
  test('once the client is stored leaves it its name', async () => {
    faults.set('Client.insert', failsAfter)
    await expect(create('Ledger Ltd', server)).rejects.toThrow(unavailable)
    pass(61_000)
    expect(await isFree('Ledger Ltd')).toBe(false)
    const [orphan] = await other.clients.list()
    await other.clients.remove(orphan?.clientId ?? '')
    expect(await isFree('Ledger Ltd')).toBe(true)
    expect(await isFree('Ledger Ltd')).toBe(false)
  })

  test('before the client is stored blocks its name for a minute', async () => {
    faults.set('Client.insert', failsBefore)
    await expect(create('Ledger Ltd', server)).rejects.toThrow(unavailable)
    expect(await isFree('Ledger Ltd')).toBe(false)
    pass(61_000)
    const answers = await Promise.all(Array.from({ length: 10 }, () => isFree('Ledger Ltd')))
    expect(answers.filter(Boolean)).toHaveLength(1)
  })

  test('in the middle of a change leaves the old name to others, a minute after it was given', async () => {
    const id = await create('Before')
    faults.set('ClientName.destroy', failsBefore)
    await expect(server.clients.update(id, { client_name: 'After' })).rejects.toThrow(unavailable)
    pass(61_000)
    expect([await isFree('After'), await isFree('Before'), await isFree('Before')]).toEqual([
      false,
      true,
      false,
    ])
    // Nor does the client that had it take it with it.
    await other.clients.remove(id)
    expect([await isFree('After'), await isFree('Before')]).toEqual([true, false])
  })

  test('before a change is stored leaves the client the name it has', async () => {
    const id = await create('Before')
    faults.set('Client.swap', failsBefore)
    await expect(server.clients.update(id, { client_name: 'After' })).rejects.toThrow(unavailable)
    pass(61_000)
    expect([await isFree('Before'), await isFree('After')]).toEqual([false, true])
  })

  test('while a client is removed leaves its name to others', async () => {
    const id = await create('Removed')
    faults.set('ClientName.destroy', failsBefore)
    await expect(server.clients.remove(id)).rejects.toThrow(unavailable)
    pass(61_000)
    expect(await isFree('Removed')).toBe(true)
  })
})

describe('at once', () => {
  test('a second removal takes no name from a client that has it since', async () => {
    const id = await create('Ledger Ltd')
    const first = server.clients.remove(id)
    await pause(600)
    const second = other.clients.remove(id)
    await first
    expect(await isFree('Ledger Ltd')).toBe(true)
    await second
    expect(await isFree('Ledger Ltd')).toBe(false)
  })

  test('there and back again, with the first of both late, has the name it went back to', async () => {
    const id = await create('There')
    const late = held()
    faults.set('ClientName.destroy', late.fault)
    const first = server.clients.update(id, { client_name: 'Back' })
    await late.begun
    await other.clients.update(id, { client_name: 'There' })
    late.go()
    await first
    expect([await isFree('There'), await isFree('Back')]).toEqual([false, true])
  })

  test('the same change twice, one of them refused, has its name', async () => {
    const id = await create('Before')
    const late = held()
    faults.set('Client.swap', late.fault)
    const first = server.clients.update(id, { client_name: 'After' })
    await late.begun
    await other.clients.update(id, { client_name: 'After' })
    await create('Besides')
    await expect(
      other.clients.update(id, { client_name: 'After', 'client_name#da': 'Besides' }),
    ).rejects.toThrow(ClientMetadataError)
    late.go()
    await first
    expect([await isFree('After'), await isFree('Before')]).toEqual([false, true])
  })

  test('removed while it gets another name, it has neither', async () => {
    const id = await create('Before')
    const removing = server.clients.remove(id)
    await pause(300)
    await other.clients.update(id, { client_name: 'After' })
    expect(await removing).toBe(true)
    expect([await isFree('Before'), await isFree('After')]).toEqual([true, true])
  })

  test('removed before its new name is stored, it has neither', async () => {
    const id = await create('Before')
    const late = held()
    faults.set('Client.swap', late.fault)
    const renaming = server.clients.update(id, { client_name: 'After' })
    await late.begun
    await other.clients.remove(id)
    late.go()
    await expect(renaming).rejects.toThrow('no such client')
    expect([await isFree('Before'), await isFree('After')]).toEqual([true, true])
  })
})

test('a name that was stored without a time is had by whoever is called so', async () => {
  const id = await create('Called So')
  const names = storage.records('ClientName')
  await names.upsert(skeletonOf('Called So'), { client_id: id })
  await names.upsert(skeletonOf('Not Called So'), { client_id: id })
  await names.upsert(skeletonOf('Long Gone'), { client_id: 'gone' })
  expect(await isFree('Called So')).toBe(false)
  expect([await isFree('Not Called So'), await isFree('Long Gone')]).toEqual([true, true])
  await other.clients.update(id, { client_name: 'Something Else' })
  expect(await isFree('Called So')).toBe(true)
})

test('nothing is kept but the names that clients have', async () => {
  const memory = createMemoryAdapter()
  const own = await startServer({ storage: memory, clients: [] })
  const ids = await Promise.all(
    Array.from({ length: 4 }, (_, index) => create(`Client ${index}`, own)),
  )
  const changes = Array.from({ length: 40 }, (_, index) =>
    own.clients.update(ids[index % 2] ?? '', {
      client_name: `Changed ${index % 7}`,
      'client_name#da': index % 5 === 0 ? 'Client 3' : `Ændret ${index % 3}`,
    }),
  )
  const removing = own.clients.remove(ids[2] ?? '')
  const answers = await Promise.allSettled(changes)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']))
  expect(await removing).toBe(true)
  const called = (await own.clients.list()).flatMap(({ metadata }) => [
    metadata.client_name ?? '',
    ...(metadata['client_name#da'] === undefined ? [] : [metadata['client_name#da']]),
  ])
  expect(new Set(await memory.records('ClientName').ids())).toEqual(
    new Set(called.map((name) => skeletonOf(name))),
  )
  await own.close()
})
