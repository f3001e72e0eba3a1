import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ClientMetadataError, type Storage } from '../../lib/index.ts'
import { registration } from '../support/registered.ts'
import { toJson, type RawAnswer } from '../support/requests.ts'
import {
  removeSelf,
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
  tryToRegister,
  type SelfRegistered,
} from '../support/self-registered.ts'
import { confidential, startServer, type RunningServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

// Everybody registers clients here, and every machine of a desktop application is a client of its own with the same name.

let storage: Storage
let server: RunningServer
let there: RunningServer
let withToken: RunningServer
beforeAll(async () => {
  storage = await createTestStorage()
  const open = { storage, registration: { initialAccessToken: false } }
  server = await startServer(open)
  there = await startServer(open)
  withToken = await startServer({ storage, registration: {} })
})
afterAll(() => Promise.all([server.close(), there.close(), withToken.close()]))

let count = 0
const uniqueName = (): string => `Skrivebordet ${(count += 1)}`
const send = (client_name: string, at = server, members: object = {}): Promise<RawAnswer> =>
  sendJson(`${at.issuer}/oauth/register`, { ...registration, client_name, ...members })
async function registerOpenly(client_name: string, at = server): Promise<SelfRegistered> {
  const answer = await send(client_name, at)
  expect([answer.status, answer.text]).toEqual([201, answer.text])
  return toJson(answer) as unknown as SelfRegistered
}
const create = (client_name: string, at = server) =>
  at.clients.create({ ...registration, client_name })
const verify = (clientId: string, at = server) => at.clients.update(clientId, { verified: true })
const issuesOf = async (promise: Promise<unknown>): Promise<readonly string[]> => {
  const error: unknown = await promise.then(
    () => new Error('nothing was wrong'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof ClientMetadataError)) throw error
  return error.issues.map(({ path, code, message }) => `${path} ${code} ${message}`)
}
const taken = 'client_name name_taken looks to people like the name of another client'
const refused = { error_description: 'client_name looks to people like the name of another client' }

describe('a client from open registration claims no name', () => {
  test('so 20 machines of one application register at once, on two processes', async () => {
    const name = uniqueName()
    const spellings = [name, name.toUpperCase(), `${name}!`]
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        send(spellings[index % 3] ?? '', index % 2 ? server : there),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
    expect(new Set(answers.map((answer) => toJson(answer)['client_id'])).size).toBe(20)
    expect((await storage.records('ClientName').ids()).length).toBe(0)
  })

  test.each([
    ['the host', (name: string) => create(name).then(() => 201)],
    [
      'an invitation',
      async (name: string) =>
        (await tryToRegister(withToken, { ...registration, client_name: name })).status,
    ],
    [
      'an invitation to where everybody registers clients',
      async (name: string) =>
        (await tryToRegister(server, { ...registration, client_name: name })).status,
    ],
  ])('so a client of %s may take it, and has it to itself from then on', async (_, take) => {
    const name = uniqueName()
    const machine = await registerOpenly(name)
    expect(await take(name)).toBe(201)
    expect(await issuesOf(create(name.toUpperCase()))).toEqual([taken])
    expect(toJson(await send(name))).toMatchObject(refused)
    // The machine goes on, and changes other things under its name.
    const changed = await replaceSelf(machine, toReplacement(machine, { scope: 'users:read' }))
    expect([changed.status, toJson(changed)['client_name']]).toEqual([200, name])
  })

  test('an invitation is good once, also where everybody registers clients', async () => {
    const { token } = await server.clients.createInitialAccessToken()
    const metadata = { ...registration, client_name: uniqueName() }
    const register = (sent: string): Promise<RawAnswer> =>
      sendJson(`${server.issuer}/oauth/register`, metadata, { token: sent })
    expect((await register(token)).status).toBe(201)
    const again = await register(token)
    expect([again.status, toJson(again)['error']]).toEqual([401, 'invalid_token'])
    // Any other token means nothing: a program may send one with every request.
    const other = await sendJson(
      `${server.issuer}/oauth/register`,
      { ...metadata, client_name: uniqueName() },
      { token: 'of-something-else' },
    )
    expect(other.status).toBe(201)
  })

  test('so a client of the options may have it, and the operator is told of the others', async () => {
    const name = uniqueName()
    const machine = await registerOpenly(name)
    const given = { ...confidential, client_id: 'given', client_name: name.toUpperCase() }
    const next = await startServer({ storage, clients: [given] })
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    await next.check()
    const warnings = warned.mock.calls.map(([message]) => String(message))
    warned.mockRestore()
    expect(warnings).toEqual([expect.stringContaining(machine.client_id)])
    expect(await issuesOf(verify(machine.client_id, next))).toEqual([
      `client_name name_taken looks to people like the name of given ("${given.client_name}"), so ${machine.client_id} ("${name}") cannot be verified: change one of the two names`,
    ])
    await next.close()
  })

  test('nor with a name in another language, after a change, or after a restart', async () => {
    const [first, second] = [uniqueName(), uniqueName()]
    const machine = await registerOpenly(first)
    const changes = { client_name: second, 'client_name#da': `${second} på dansk` }
    expect((await replaceSelf(machine, toReplacement(machine, changes))).status).toBe(200)
    const next = await startServer({ storage, registration: { initialAccessToken: false } })
    await next.clients.update(machine.client_id, { test: true })
    for (const name of [first, second, `${second} på dansk`]) {
      expect((await send(name, next)).status).toBe(201)
      await create(name, next)
    }
    await next.close()
  })

  test('nor suspended, nor while it removes itself', async () => {
    const name = uniqueName()
    const machine = await registerOpenly(name)
    await server.clients.suspend(machine.client_id)
    expect((await send(name)).status).toBe(201)
    await server.clients.resume(machine.client_id)
    const removing = removeSelf(machine)
    const { client } = await create(name)
    expect((await removing).status).toBe(204)
    // Its end takes nothing from the client that has the name now.
    expect(await issuesOf(create(name))).toEqual([taken])
    expect((await server.clients.find(client.clientId))?.claimsNames).toBe(true)
  })
})

describe('a client that somebody vouches for is not copied', () => {
  test.each([
    ['given with the options', async () => confidential.client_name ?? ''],
    [
      'registered by the host',
      async () => (await create(uniqueName())).client.metadata.client_name ?? '',
    ],
    ['invited', async () => (await selfRegister(withToken)).client_name ?? ''],
    [
      'verified',
      async () => {
        const { client_id, client_name = '' } = await registerOpenly(uniqueName())
        await verify(client_id)
        return client_name
      },
    ],
  ])('if it was %s', async (_, claim) => {
    const name = await claim()
    const copy = await send(name.toUpperCase())
    expect([copy.status, toJson(copy)]).toMatchObject([400, refused])
    const machine = await registerOpenly(uniqueName())
    for (const changes of [{ client_name: name }, { 'client_name#da': `${name}.` }]) {
      const answer = await replaceSelf(machine, toReplacement(machine, changes))
      expect([answer.status, toJson(answer)['error']]).toEqual([400, 'invalid_client_metadata'])
      expect(answer.text).not.toContain(name)
    }
  })

  test('nor is the product, by anybody', async () => {
    for (const name of ['Pleo', 'PL30 Desktop', 'P.l.e.o'])
      expect((await send(name)).status).toBe(400)
  })
})

describe('verifying a client claims its name', () => {
  test('and of 10 machines with one name that are verified at once, one is', async () => {
    const name = uniqueName()
    const machines = await Promise.all(
      Array.from({ length: 10 }, (_, index) => registerOpenly(name, index % 2 ? server : there)),
    )
    const answers = await Promise.allSettled(
      machines.map(({ client_id: id }, index) => verify(id, index % 2 ? there : server)),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const ids = machines.map(({ client_id: id }) => id)
    const found = await Promise.all(ids.map((id) => server.clients.find(id)))
    expect(found.filter((client) => client?.metadata.verified)).toHaveLength(1)
    expect(await issuesOf(create(name))).toEqual([taken])
  })

  test('and tells the operator of the others, which stay as they are', async () => {
    const name = uniqueName()
    const [one, two, three] = [
      await registerOpenly(name),
      await registerOpenly(name.toUpperCase()),
      await registerOpenly(name),
    ]
    await registerOpenly(uniqueName())
    await server.clients.update(three.client_id, { client_name: uniqueName() })
    const before = await server.clients.find(two.client_id)
    expect((await verify(one.client_id)).claimsNames).toBe(true)
    const found = await there.clients.findLookAlikes(one.client_id)
    expect(found.map(({ clientId }) => clientId)).toEqual([two.client_id])
    expect(await server.clients.find(two.client_id)).toEqual(before)
    expect(before?.claimsNames).toBe(false)
  })

  test('is refused if a claimed name looks alike, and names both clients', async () => {
    const name = uniqueName()
    const machine = await registerOpenly(name)
    const { client } = await create(name.toUpperCase())
    const before = await server.clients.find(machine.client_id)
    expect(await issuesOf(verify(machine.client_id))).toEqual([
      `client_name name_taken looks to people like the name of ${client.clientId} ("${name.toUpperCase()}"), so ${machine.client_id} ("${name}") cannot be verified: change one of the two names`,
    ])
    expect(await server.clients.find(machine.client_id)).toEqual(before)
    await server.clients.update(client.clientId, { client_name: uniqueName() })
    expect((await verify(machine.client_id)).metadata.verified).toBe(true)
  })

  test('until it is not verified any more', async () => {
    const [byOperator, byItself] = [
      await registerOpenly(uniqueName()),
      await registerOpenly(uniqueName()),
    ]
    await verify(byOperator.client_id)
    await server.clients.update(byOperator.client_id, { verified: null })
    await create(byOperator.client_name ?? '')

    await verify(byItself.client_id)
    const next = uniqueName()
    await replaceSelf(byItself, toReplacement(byItself, { client_name: next }))
    await create(byItself.client_name ?? '')
    expect((await send(next)).status).toBe(201)
  })

  test('and a claim that was cut off is over after a minute', async () => {
    const name = uniqueName()
    const machine = await registerOpenly(name)
    const records = storage.records('Client')
    const swap = vi.spyOn(records, 'swap').mockRejectedValueOnce(new Error('gone'))
    await expect(verify(machine.client_id)).rejects.toThrow('temporarily_unavailable')
    swap.mockRestore()
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + 61_000)
    await create(name)
    clock.mockRestore()
  })
})

test('a client that was stored by open registration before keeps the name that it had claimed', async () => {
  const name = uniqueName()
  const old = await selfRegister(withToken, { client_name: name })
  const stored = await storage.records('Client').find(old.client_id)
  expect(stored?.['registration']).not.toHaveProperty('isOpen')
  expect((await send(name)).status).toBe(400)
  expect((await server.clients.find(old.client_id))?.claimsNames).toBe(true)
})
