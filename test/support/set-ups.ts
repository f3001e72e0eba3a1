import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AuthorizationServer, Storage } from '../../lib/index.ts'
import { createAuthority, type Authority, type Certificate } from './certificates.ts'
import { runCommandWith } from './cli.ts'
import { readFrom, useRunning } from './fixtures.ts'
import { createFolder } from './folder.ts'
import { useRedis, type RedisServer } from './redis-server.ts'
import { closeServer, listen } from './server.ts'
import { createForwarding, startTls, type ProxyRules } from './tls-proxy.ts'

/** How a set-up differs from a good one. */
export interface SetUp {
  /** The path of the issuer. */
  readonly path?: string
  /** Members of the options, as the text of the module has them. */
  readonly options?: string
  /** Where the server is put. @defaultValue nothing is around it */
  readonly mount?: (server: AuthorizationServer) => RequestListener
  readonly proxy?: ProxyRules
  readonly certificate?: Certificate
  /** What happened before. */
  readonly before?: (module: RunningModule) => Promise<void>
  /** Another Redis, or another user of it. */
  readonly redisUrl?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** The module of a host. */
interface HostModule {
  readonly server: AuthorizationServer
  readonly storage: Storage
  readonly close: () => Promise<unknown>
}

interface RunningModule extends HostModule {
  /** Where it listens, behind the proxy. */
  readonly origin: string
}

/** What the doctor says. */
export interface Diagnosis {
  readonly codes: readonly string[]
  readonly notLookedAt: readonly string[]
  readonly exitCode: number | null
  readonly said: string
  /** How long the process took, in milliseconds. */
  readonly time: number
  readonly issuer: string
}

export const newSecret = (): string => randomBytes(32).toString('base64url')

const resolve = (path: string): string => JSON.stringify(join(import.meta.dirname, '../..', path))
const driver = JSON.stringify(import.meta.resolve('ioredis'))

/** A good set-up: Redis, a server of a module, and a proxy that ends TLS before it. Each call is a new one, on the same Redis. */
export function useSetUps(): {
  readonly redis: RedisServer
  readonly authority: Authority
  /** Has the doctor look at a set-up that differs from a good one. */
  readonly diagnose: (setUp?: SetUp) => Promise<Diagnosis>
} {
  const redis = useRedis({ appendOnly: true })
  const made = useRunning(async () => {
    const authority = await createAuthority()
    return { authority, good: await authority.issue(), close: () => undefined }
  })
  let count = 0
  const diagnose = async (setUp: SetUp = {}): Promise<Diagnosis> => {
    count += 1
    let handle: RequestListener = () => undefined
    const http = createServer((request, response) => handle(request, response))
    const inner = await listen(http)
    const forward = createForwarding(() => inner, setUp.proxy ?? {})
    const proxy = await startTls(setUp.certificate ?? made.good, forward)
    const issuer = `https://localhost:${proxy.port}${setUp.path ?? ''}`
    const keys = [newSecret()]
    const text = toModule({ ...setUp, issuer, keys, count, redisUrl: setUp.redisUrl ?? redis.url })
    const file = join(createFolder({ 'host.mjs': text }), 'host.mjs')
    const module = (await import(pathToFileURL(file).href)) as HostModule
    try {
      const callback = module.server.app.callback()
      handle =
        setUp.mount?.(module.server) ?? ((request, response) => void callback(request, response))
      await setUp.before?.({ ...module, origin: inner })
      const environment = {
        NODE_EXTRA_CA_CERTS: made.authority.file,
        STORAGE_KEYS: keys.join(','),
        ...setUp.environment,
      }
      const start = performance.now()
      const result = await runCommandWith(environment, 'doctor', '--config', file, '--json')
      return { ...toDiagnosis(result), time: performance.now() - start, issuer }
    } finally {
      await module.close()
      await proxy.close()
      await closeServer(http)
    }
  }
  return { redis, authority: readFrom(() => made.authority), diagnose }
}

/** Reads what the doctor says with `--json`. */
export function toDiagnosis({
  code,
  stdout,
  stderr,
}: Awaited<ReturnType<typeof runCommandWith>>): Omit<Diagnosis, 'time' | 'issuer'> {
  const said = stdout + stderr
  if (!stdout.startsWith('{')) throw new Error(`no report: ${said}`)
  const report = JSON.parse(stdout) as {
    readonly findings: readonly { readonly code: string }[]
    readonly notLookedAt: readonly { readonly part: string }[]
  }
  return {
    codes: [...new Set(report.findings.map((finding) => finding.code))].toSorted(),
    notLookedAt: report.notLookedAt.map(({ part }) => part),
    exitCode: code,
    said,
  }
}

interface ModuleParts extends SetUp {
  readonly issuer: string
  readonly keys: readonly string[]
  readonly count: number
  readonly redisUrl: string
}

const toModule = ({ issuer, keys, count, redisUrl, options = '' }: ModuleParts): string => `
import { Redis } from ${driver}
import { createAuthorizationServer } from ${resolve('lib/index.ts')}
import { createRedisAdapter, recommendedRedisOptions } from ${resolve('adapters/redis.ts')}

const client = new Redis(${JSON.stringify(redisUrl)}, { ...recommendedRedisOptions, commandTimeout: 10_000, socketTimeout: 20_000 })
client.on('error', () => {})
const keys = ${JSON.stringify(keys)}
export const storage = createRedisAdapter({ client, keys, keyPrefix: 'set-up-${count}:', onProblem: () => {}, timeout: 10_000 })
export const close = () => client.quit().catch(() => client.disconnect())
const cookieKey = '${newSecret()}'
const clientSecret = '${newSecret()}'
export const server = createAuthorizationServer({
  issuer: '${issuer}',
  cookieKeys: [cookieKey],
  signingKeys: 'stored',
  storage,
  trustedProxies: ['loopback'],
  accounts: { find: () => undefined, subjects: () => [], authenticate: () => undefined },
  resourceServer: { audience: '${new URL(issuer).origin}/api' },
  clients: [{
    client_id: 'ledger', client_secret: clientSecret, client_name: 'Northwind Ledger',
    redirect_uris: ['https://ledger.example.test/callback'], scope: 'companies:read',
  }],
  ${options}
})
`
