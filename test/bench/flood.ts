import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect, introspect, refresh, type Tokens } from '../support/flow.ts'
import { startRedis } from '../support/redis-server.ts'
import { resourceServer } from '../support/server.ts'
import { startServerProcess } from '../support/server-process.ts'

// How long an introspection takes before and while a stranger sends requests as fast as one process can, on a Redis of 64 MB, beside
// 50 connections that refresh all the time.

const seconds = Number(process.env['BENCH_SECONDS'] ?? 30)

const redis = await startRedis({
  args: ['--maxmemory', '64mb', '--maxmemory-policy', 'noeviction'],
})
const server = await startServerProcess(redis.url)
const { issuer } = server
try {
  const connections: Tokens[] = []
  for (let count = 0; count < 50; count += 1) connections.push(await connect(issuer))
  const [first] = connections
  const token = first?.access_token ?? ''

  console.log(`before: ${toText(await measure(token, 5))}`)
  const flood = fork(fileURLToPath(new URL('../storage/flood-process.ts', import.meta.url)), [
    issuer,
    '3600',
  ])
  const counts = { refreshed: 0, failed: 0 }
  const end = performance.now() + seconds * 1000
  const refreshing = connections.slice(1).map(async (tokens) => {
    let last = tokens
    while (performance.now() < end) {
      const { status, body } = await refresh(issuer, last.refresh_token)
      counts[status === 200 ? 'refreshed' : 'failed'] += 1
      if (status === 200) last = body as unknown as Tokens
    }
  })
  console.log(`during: ${toText(await measure(token, seconds))}`)
  await Promise.all(refreshing)
  flood.kill()
  await once(flood, 'exit')
  console.log(`refreshes during the flood: ${counts.refreshed}, failed: ${counts.failed}`)
  if (counts.failed > 0) process.exitCode = 1
} finally {
  await server.kill()
  await redis.stop()
}

async function measure(token: string, during: number): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + during * 1000
  while (performance.now() < end) {
    const start = performance.now()
    const { active } = await introspect(issuer, token, resourceServer)
    if (active !== true) throw new Error('the token is not active')
    times.push(performance.now() - start)
  }
  return times.toSorted((one, other) => one - other)
}

function toText(times: readonly number[]): string {
  const at = (part: number): string => `${times[Math.floor(times.length * part)]?.toFixed(2)} ms`
  return `${times.length} introspections, median ${at(0.5)}, p99 ${at(0.99)}`
}
