import { once } from 'node:events'
import { connect as openSocket, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runExample, startExample, type RunningExample } from '../support/example.ts'
import { freePorts } from '../support/free-ports.ts'
import { startRedis, waitUntil } from '../support/redis-server.ts'

// How the ports of the example behave: from the moment they are open, and while nobody uses a connection.

async function portsOf() {
  const [one, two, three] = await freePorts()
  const ports = { PORT: String(one), API_PORT: String(two), APP_PORT: String(three) }
  const paths = ['/.well-known/oauth-authorization-server', '/v1/companies', '/']
  const urls = [one, two, three].map((port, index) => `http://127.0.0.1:${port}${paths[index]}`)
  return { ports, urls }
}

/** Sends requests to each address until it is told to end: those that reached a port that was open. */
function sendRequests(urls: readonly string[]) {
  const reached: Promise<number>[] = []
  const over = new AbortController()
  const loop = async (url: string): Promise<void> => {
    while (!over.signal.aborted) {
      const { port, pathname, hostname } = new URL(url)
      const socket = openSocket(Number(port), hostname)
      const isOpen = await once(socket, 'connect').catch(() => undefined)
      if (isOpen) reached.push(statusOf(socket, pathname))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const loops = urls.map((url) => loop(url))
  return {
    reached,
    async end() {
      over.abort()
      await Promise.all(loops)
      return Promise.all(reached)
    },
  }
}

/** The status of the answer; 0 if the connection is closed without one. */
async function statusOf(socket: Socket, path: string): Promise<number> {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
  const answer = await text(socket).catch(() => '')
  return Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? 0)
}

describe('from the moment a port is open, every request', () => {
  const STORAGE_KEYS = 'a storage key of the tests with 32 characters'

  it.each([
    ['in memory', false],
    ['with a Redis that hangs', true],
  ])('is answered, %s', async (_, hasRedis) => {
    const { ports, urls } = await portsOf()
    const sending = sendRequests(urls)
    const example = await startExample({ ...ports, ...(hasRedis && (await hangingRedis())) })
    onTestFinished(() => example.close())
    const statuses = await sending.end()
    // Neither 0, which is no answer, nor a redirect.
    expect(new Set(statuses.map((status) => status > 0))).toEqual(new Set([true]))
    expect(statuses.length).toBeGreaterThan(2)
  })

  it('is refused if the start fails', async () => {
    const { ports, urls } = await portsOf()
    const sending = sendRequests(urls)
    const settings = { ...ports, ...(await hangingRedis()), CLIENTS_FILE: 'nowhere.json' }
    expect((await runExample(settings)).code).toBe(1)
    const statuses = await sending.end()
    expect(new Set(statuses)).toEqual(new Set([0]))
  })

  async function hangingRedis(): Promise<Record<string, string>> {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    redis.pause()
    return { REDIS_URL: redis.url, STORAGE_KEYS }
  }
})

describe('a connection that nobody uses', () => {
  const start = async (settings: Record<string, string> = {}): Promise<RunningExample> => {
    const example = await startExample(settings)
    onTestFinished(() => example.close())
    return example
  }
  const announced = ({ issuer, api, app }: RunningExample): Promise<readonly unknown[]> =>
    Promise.all([issuer, api, app].map(async (url) => (await fetch(url)).headers.get('keep-alive')))

  it('is kept for longer than load balancers keep it', async () => {
    expect(await announced(await start())).toEqual(Array(3).fill('timeout=65'))
  })

  it('is kept for as long as KEEP_ALIVE_TIMEOUT says, also for longer than a request may take', async () => {
    expect(await announced(await start({ KEEP_ALIVE_TIMEOUT: '620' }))).toEqual(
      Array(3).fill('timeout=620'),
    )
  })

  it('is closed then', async () => {
    const { issuer } = await start({ KEEP_ALIVE_TIMEOUT: '1' })
    const socket = openSocket(Number(new URL(issuer).port), '127.0.0.1')
    let isClosed = false
    socket.once('close', () => (isClosed = true))
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    socket.resume()
    await waitUntil('it is closed', async () => isClosed)
    expect(socket.destroyed).toBe(true)
  })
})
