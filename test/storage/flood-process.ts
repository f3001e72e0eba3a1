/** Sends authorization requests of 8 kB as fast as one process can, for 30 seconds, and 64 MB of them at least. */
import { Agent } from 'node:http'
import { randomBytes } from 'node:crypto'
import { requestUrl, send, toJson } from '../support/requests.ts'
import { publicClient } from '../support/server.ts'

const issuer = process.argv[2] ?? ''
const agent = new Agent({ keepAlive: true, maxSockets: 16 })
const answers: Record<number, number> = {}
const end = performance.now() + Number(process.argv[3] ?? 30) * 1000
let sent = 0

const text = (bytes: number): string => randomBytes((bytes * 3) / 4).toString('base64url')
const freshUrl = (): string =>
  requestUrl(
    issuer,
    { state: text(4000), login_hint: text(2000), ui_locales: text(1600) },
    publicClient,
  )

async function open(url: string): Promise<number> {
  sent += 1
  return (await send(url, { agent })).status
}

/** Pushes a request, and opens it twice. */
async function pushAndOpen(): Promise<number> {
  sent += 1
  const pushed = await send(`${issuer}/oauth/par`, {
    agent,
    body: new URL(freshUrl()).searchParams,
  })
  if (pushed.status !== 201) return pushed.status
  const { client_id } = publicClient
  const query = new URLSearchParams({
    client_id,
    request_uri: String(toJson(pushed)['request_uri']),
  })
  await open(`${issuer}/oauth/authorize?${query}`)
  return open(`${issuer}/oauth/authorize?${query}`)
}

async function flood(): Promise<void> {
  while (sent < 8000 || performance.now() < end) {
    const status = sent % 2 === 0 ? await open(freshUrl()) : await pushAndOpen()
    answers[status] = (answers[status] ?? 0) + 1
  }
}

process.on('disconnect', () => process.exit())
await Promise.all(Array.from({ length: 16 }, flood))
process.send?.(answers)
