import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createAuthorizationServer } from '../../lib/index.ts'
import { fullest, largest, usual } from '../support/largest.ts'
import { confidential } from '../support/server.ts'

// How long the largest requests of a stranger keep everybody else waiting: the longest delay of the event loop while each is answered.
// Other work of the machine only adds to it, so the best of several rounds counts.

/** What a request may take, in milliseconds. */
const budget = 25
const rounds = 10

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values

const http = createServer()
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
const { app } = createAuthorizationServer({
  issuer,
  cookieKeys: ['a key for the cookies of the benchmark'],
  storage: createMemoryAdapter(),
  accounts: { find: () => undefined, subjects: () => [], authenticate: () => undefined },
  resourceServer: { audience: 'https://api.example.test' },
  registration: { initialAccessToken: false },
  clients: [confidential],
})
const handle = app.callback()
http.on('request', (request, response) => void handle(request, response))

for (const send of Object.values(usual)) {
  for (let count = 0; count < 50; count += 1) await (await send(issuer)).text()
}
const cases = [
  ...largest.flatMap(({ name, send }) => [
    { name, run: () => send(issuer, 1) },
    { name: `${name}, twice as long`, run: () => send(issuer, 2) },
  ]),
  ...fullest.map(({ name, send }) => ({
    name: `${name}, a full request`,
    run: () => send(issuer, 1),
  })),
]
let over = 0
for (const { name, run } of cases) {
  const delay = await measure(run)
  if (delay >= budget) over += 1
  console.log(`${delay.toFixed(1).padStart(6)} ms  ${name}`)
}
console.log(`\n${over} of ${cases.length} delay others by ${budget} ms or more`)
if (check && over > 0) process.exitCode = 1
http.closeAllConnections()
http.close()

async function measure(run: () => Promise<Response>): Promise<number> {
  const delays: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const histogram = monitorEventLoopDelay({ resolution: 1 })
    histogram.enable()
    await (await run()).text()
    histogram.disable()
    delays.push(histogram.max / 1e6)
  }
  return Math.min(...delays)
}
