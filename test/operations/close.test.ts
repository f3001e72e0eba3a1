import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import { connect as connectTo, type AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { CloseOptions } from '../../lib/index.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { startGatedHost, type GatedHost } from '../support/gated.ts'
import { oneConnection, pause, send, type RawAnswer } from '../support/requests.ts'

// The end of a server: nothing that was asked is left without an answer.

const start = async (build?: Parameters<typeof startGatedHost>[0]): Promise<GatedHost> =>
  endAfterTest(await startGatedHost(build))

const form = 'token=x&client_id=unknown&client_secret=x'

/** Whether a promise has settled yet. */
function watch(promise: Promise<unknown>): () => boolean {
  let isSettled = false
  const note = (): void => void (isSettled = true)
  promise.then(note, note)
  return () => isSettled
}

const useAgent = (): ReturnType<typeof oneConnection> => {
  const agent = oneConnection()
  onTestFinished(() => agent.destroy())
  return agent
}

/** Sends a request, and holds it up in the storage. */
async function holdUp({
  storage,
  ask,
}: GatedHost): Promise<{ readonly answer: Promise<RawAnswer> }> {
  storage.shut()
  const before = storage.count()
  // A connection that would be kept.
  const answer = ask({ agent: useAgent() })
  answer.catch(() => {})
  await expect.poll(() => storage.count()).toBeGreaterThan(before)
  return { answer }
}

const statusOf = ({ server }: GatedHost) => server.health.ready().then(({ body }) => body.status)

describe.each([false, true])('with the server of the host: %s', (isGiven) => {
  const close = ({ server, http }: GatedHost, options: CloseOptions = {}): Promise<void> =>
    server.close({ ...options, ...(isGiven && { server: http }) })

  test('a request in flight is answered, and health says 503 before that', async () => {
    const host = await start()
    const { answer } = await holdUp(host)
    const closed = close(host)
    const isClosed = watch(closed)
    expect(await statusOf(host)).toBe('closing')
    await pause(100)
    expect(isClosed()).toBe(false)
    host.storage.open()
    const { status, headers } = await answer
    expect([status, headers.connection]).toEqual([401, 'close'])
    await closed
  })

  test('a client that left while the host was busy with its request is not waited for', async () => {
    let hasLeft = false
    const host = await start((parent) => {
      parent.middleware.unshift(async ({ res }, next) => {
        await once(res, 'close')
        hasLeft = true
        return next()
      })
    })
    const socket = connectTo(Number(new URL(host.origin).port), '127.0.0.1')
    socket.write('GET /oauth/jwks HTTP/1.1\r\nHost: x\r\n\r\n', () => socket.destroy())
    await expect.poll(() => hasLeft).toBe(true)
    await pause(50)
    const isClosed = watch(close(host, { timeout: 100_000 }))
    await expect.poll(isClosed).toBe(true)
  })

  test('an answer that the host keeps back is waited for', async () => {
    let goOn = (): void => {}
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    const host = await start((parent) => {
      parent.middleware.unshift(async (_, next) => {
        await next()
        await gate
      })
    })
    const answer = host.ask()
    await expect.poll(() => host.storage.count()).toBeGreaterThan(0)
    await pause(50)
    const closed = close(host)
    const isClosed = watch(closed)
    await pause(100)
    expect(isClosed()).toBe(false)
    goOn()
    expect((await answer).status).toBe(401)
    await closed
  })

  test('two calls at once are one, and a third one later too', async () => {
    const host = await start()
    const { answer } = await holdUp(host)
    const closed = close(host)
    expect(close(host, { timeout: 0 })).toBe(closed)
    host.storage.open()
    expect((await answer).status).toBe(401)
    await closed
    expect(host.server.close()).toBe(closed)
  })

  test('a request that is never answered is cut after the timeout', async () => {
    const host = await start()
    const { answer } = await holdUp(host)
    const before = performance.now()
    await close(host, { timeout: 300 })
    expect(performance.now() - before).toBeGreaterThan(290)
    await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' })
    host.storage.open()
  })

  test('before the first request, it has nothing to wait for', async () => {
    const host = await start()
    const before = performance.now()
    await close(host)
    expect(performance.now() - before).toBeLessThan(2000)
    expect(host.http.listening).toBe(!isGiven)
  })

  test('what a client that left had asked for is waited for', async () => {
    const host = await start()
    host.storage.shut()
    const socket = connectTo((host.http.address() as AddressInfo).port, '127.0.0.1')
    socket.write(
      `POST /oauth/token/introspect HTTP/1.1\r\nHost: x\r\nContent-Length: ${form.length}\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\n\r\n${form}`,
    )
    await expect.poll(() => host.storage.count()).toBe(1)
    socket.destroy()
    await pause(100)
    const closed = close(host)
    const isClosed = watch(closed)
    await pause(100)
    expect(isClosed()).toBe(false)
    host.storage.open()
    await closed
  })

  test.each([
    [{ timeout: -1 }, /^timeout must be a number of milliseconds/],
    [{ timeout: Number.NaN }, /^timeout must be/],
    [{ timeout: 2 ** 31 }, /^timeout must be/],
    [{ timeout: '8' as never }, /^timeout must be/],
    [{ server: {} as never }, /^server must be a server of node:http/],
    [{ sever: undefined } as never, /^there is no option sever: use timeout and server$/],
  ])('with %j it says what is wrong, and nothing has changed', async (wrong, message) => {
    const host = await start()
    const refused = host.server.close({ ...(isGiven && { server: host.http }), ...wrong })
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toBeInstanceOf(TypeError)
    expect(await statusOf(host)).toBe('ok')
    expect((await host.ask()).headers.connection).toBe('close')
    expect((await host.ask({ agent: useAgent() })).headers.connection).toBe('keep-alive')
  })
})

describe('with the server of the host', () => {
  test('a request on a connection that was kept is answered, and is the last one there', async () => {
    const host = await start()
    const agent = useAgent()
    expect((await host.ask({ agent })).headers.connection).toBe('keep-alive')
    const closed = host.server.close({ server: host.http })
    await expect.poll(() => host.http.listening, { interval: 5 }).toBe(false)
    const { status, headers } = await host.ask({ agent })
    expect([status, headers.connection]).toEqual([401, 'close'])
    await closed
  })

  test('idle connections are closed long before the timeout', async () => {
    const host = await start()
    await host.ask({ agent: useAgent() })
    const before = performance.now()
    await host.server.close({ server: host.http, timeout: 60_000 })
    // Node itself closes it after 6 seconds.
    expect(performance.now() - before).toBeLessThan(4000)
  })

  test('requests to other routes of the host are answered, and later ones are the last of their connections', async () => {
    let goOn = (): void => {}
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    const host = await start((parent) => {
      parent.use(async (ctx) => {
        if (ctx.path === '/slow') await gate
        ctx.body = 'done'
      })
    })
    const agent = useAgent()
    await send(host.origin, { agent })
    const slow = send(`${host.origin}/slow`)
    await pause(100)
    const closed = host.server.close({ server: host.http })
    const { text, headers } = await send(host.origin, { agent })
    expect([text, headers.connection]).toEqual(['done', 'close'])
    goOn()
    expect((await slow).text).toBe('done')
    await closed
  })

  test('a connection that the system took before is served, and a later one is refused', async () => {
    const host = await start()
    const closed = host.server.close({ server: host.http })
    // The process could not take them yet. The second client leaves at once.
    const early = host.ask()
    const left = connectTo((host.http.address() as AddressInfo).port, '127.0.0.1', () => {
      left.write('GET / HTTP/1.1\r\n')
      left.resetAndDestroy()
    })
    expect((await early).status).toBe(401)
    await closed
    await expect(host.ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('it may have stopped listening before', async () => {
    const host = await start()
    const { answer } = await holdUp(host)
    host.http.close()
    const closed = host.server.close({ server: host.http })
    host.storage.open()
    expect((await answer).status).toBe(401)
    await closed
  })

  test('a session of HTTP/2 ends when its requests are answered', async () => {
    const host = await start()
    const server = createHttp2()
    const handle = host.server.app.callback() as (...args: readonly unknown[]) => unknown
    server.on('request', (request, response) => void handle(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => session.destroy())
    host.storage.shut()
    const stream = session.request({
      ':method': 'POST',
      ':path': '/oauth/token/introspect',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': form.length,
    })
    stream.end(form)
    await expect.poll(() => host.storage.count()).toBe(1)
    const ended = once(session, 'close')
    const closed = host.server.close({ server, timeout: 60_000 })
    host.storage.open()
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    stream.resume()
    expect(headers[':status']).toBe(401)
    await ended
    await closed
  })
})

test('without the server of the host, later requests are answered for as long as they come', async () => {
  const host = await start()
  await host.server.close()
  const { status, headers } = await host.ask({ agent: useAgent() })
  expect([status, headers.connection]).toEqual([401, 'close'])
})
