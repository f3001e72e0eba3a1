import { expect, onTestFinished, test, vi } from 'vitest'
import type { AuditEvent } from '../../lib/index.ts'
import { connect, consent, redeem, refresh } from '../support/flow.ts'
import { registration } from '../support/registered.ts'
import { pause } from '../support/requests.ts'
import { openServer, type RunningServer } from '../support/server.ts'

// Those who hear of an event: the answer waits for them, but not for ever, and they stop nothing.

/** Counts warnings that would otherwise be printed. */
function useWarnings() {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warn.mockRestore())
  return warn
}

async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const since = performance.now()
  return [await work, performance.now() - since]
}

/** A server with a connection, whose answers come from that path. */
async function start(path: string): Promise<{ server: RunningServer; token: string }> {
  const server = await openServer()
  if (path === 'framework') server.provider.use((_ctx, next) => next())
  return { server, token: (await connect(server.issuer)).refresh_token }
}

const paths = ['quick', 'framework'] as const

test.each(paths)(
  'an answer by the %s path comes after the promises of all listeners',
  async (path) => {
    const { server, token } = await start(path)
    const done: string[] = []
    for (const time of [50, 200]) {
      server.audit.on(async ({ type }) => {
        await pause(time)
        done.push(`${type} ${time}`)
      })
    }
    const { status } = await refresh(server.issuer, token)
    expect([status, done]).toEqual([200, ['token.refreshed 50', 'token.refreshed 200']])
  },
)

test.each(paths)('an answer by the %s path waits for a second at most', async (path) => {
  const warn = useWarnings()
  const { server, token } = await start(path)
  server.audit.on(() => new Promise(() => {}))
  const [{ status }, time] = await timed(refresh(server.issuer, token))
  expect(status).toBe(200)
  expect(time).toBeGreaterThan(950)
  expect(time).toBeLessThan(3000)
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('server.audit'), {
    type: 'AuditWarning',
    code: 'audit_late',
  })
})

test('a request has one second for all its events, and for calls of the host within it', async () => {
  useWarnings()
  const server = await openServer({
    accounts: {
      ...(await openServer()).accounts,
      async mayContinue() {
        await server.clients.create({ ...registration, client_name: `Weasel ${Math.random()}` })
        await server.clients.create({ ...registration, client_name: `Ferret ${Math.random()}` })
        return true
      },
    },
  })
  const { refresh_token } = await connect(server.issuer)
  server.audit.on(() => new Promise(() => {}))
  const [{ status }, time] = await timed(refresh(server.issuer, refresh_token))
  expect(status).toBe(200)
  expect(time).toBeLessThan(1900)
})

test('a listener that throws or rejects stops neither the answer nor other listeners', async () => {
  const warn = useWarnings()
  const { server, token } = await start('quick')
  const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
  const heard: AuditEvent[] = []
  server.audit.on(() => {
    throw thrown
  })
  server.audit.on(() => Promise.reject(rejected))
  server.audit.on((event) => void heard.push(event))
  const { status } = await refresh(server.issuer, token)
  expect([status, heard.length]).toEqual([200, 1])
  expect(warn.mock.calls.map(([warning]) => warning)).toEqual([thrown, rejected])
})

test('a listener that throws what is no text, or changes an event, stops and changes nothing', async () => {
  const warn = useWarnings()
  const { server, token } = await start('quick')
  server.audit.on(() => {
    throw Object.create(null)
  })
  server.audit.on((event) => Object.assign(event, { type: 'another' }))
  const heard: AuditEvent[] = []
  server.audit.on((event) => void heard.push(event))
  server.connections.events.on('connection.refreshed', () => {
    throw Object.create(null)
  })
  expect((await refresh(server.issuer, token)).status).toBe(200)
  expect(heard.map(({ type }) => type)).toEqual(['token.refreshed'])
  expect(warn).toHaveBeenCalledTimes(2)
})

test('a call of the host waits, and gives its own error', async () => {
  const { server } = await start('quick')
  const done: string[] = []
  server.audit.on(async ({ type }) => {
    await pause(50)
    done.push(type)
  })
  await connect(server.issuer)
  done.length = 0
  const { client } = await server.clients.create({ ...registration, client_name: 'Badger' })
  expect(done).toEqual(['client.created'])
  await server.connections.revoke({ clientId: 'ledger' })
  expect(done).toContain('connection.disconnected')
  await expect(server.clients.suspend('unknown')).rejects.toThrow('no such client')
  await server.audit.as({ operator: 'ida' }, () => server.clients.suspend(client.clientId))
  expect(done.at(-1)).toBe('client.suspended')
})

test('a listener that calls the server does not wait for itself', async () => {
  const warn = useWarnings()
  const { server } = await start('quick')
  const given = await consent(server.issuer)
  let isDone = false
  server.audit.on(async ({ type }) => {
    if (type !== 'code.redeemed') return
    await server.connections.revoke({ clientId: 'ledger' })
    isDone = true
  })
  const [{ status }, time] = await timed(redeem(server.issuer, given))
  expect(status).toBe(200)
  expect([time < 900, isDone]).toEqual([true, true])
  await pause(1100)
  expect(warn).not.toHaveBeenCalled()
})
