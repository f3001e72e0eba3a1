import { execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import type { ClientMetadata } from '../../lib/index.ts'
import { createFolder } from '../support/folder.ts'
import { freePorts } from '../support/free-ports.ts'
import { requireProgram } from '../support/programs.ts'
import { killWithThisProcess } from '../support/redis-process.ts'
import { waitUntil } from '../support/redis-server.ts'
import { startDeployed, type Deployed } from './deployed.ts'
import { readDockerfile } from './dockerfile.ts'
import { doc, readExample } from './files.ts'
import { startNginx, type Nginx } from './nginx.ts'
import { callDoctor, makeSecrets, registerClient } from './registered.ts'

/** A service of compose.yaml, as far as it is run here. */
export interface Service {
  readonly image: string
  readonly profiles?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly networks: Readonly<Record<string, { readonly ipv4_address?: string } | null>>
  readonly stop_grace_period?: string
  readonly read_only?: boolean
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>
}

export const readCompose = (): ComposeFile =>
  parse(readExample('compose.yaml'), { merge: true }) as ComposeFile

/** What compose.yaml describes, running without containers: each service has an address of this machine in place of its own. */
export interface Composed extends Nginx {
  readonly client: ClientMetadata
  /** Ends a service as `docker compose stop` does, and starts it again. */
  restart(server: 'server-1' | 'server-2'): Promise<void>
  /** Starts a Redis again that was killed. */
  revive(redis: string): Promise<void>
  /** Ends a service as a crash does. */
  kill(service: string): Promise<void>
  /** The address of a service. */
  addressOf(service: string): string
  /** Runs the command of the document with the doctor, with the settings of a server. Resolves to what it found. */
  doctor(): Promise<readonly { readonly code: string }[]>
}

export interface Machine {
  readonly folder: string
  readonly services: Readonly<Record<string, Service>>
  readonly addressOf: (name: string) => string
  /** Replaces names and addresses of the networks by addresses of this machine. */
  readonly rewrite: (text: string) => string
}

interface Container {
  kill(): Promise<void>
}

function createMachine(): Machine {
  const { services } = readCompose()
  const [net, host] = [randomInt(1, 250), randomInt(1, 120) * 2]
  const move = (text: string): string =>
    text.replaceAll(/172\.(30|31)\.0\.(\d+)/g, (_, network: string, last: string) =>
      [127, net, host + (network === '31' ? 1 : 0), last].join('.'),
    )
  const addresses = new Map(
    Object.entries(services).map(([name, { networks }]) => {
      const { ipv4_address: address = '' } =
        Object.values(networks).find((one) => one?.ipv4_address) ?? {}
      return [name, move(address)]
    }),
  )
  const addressOf = (name: string): string => addresses.get(name) ?? `no address of ${name}`
  const names = new RegExp(
    `(?<![\\w.-])(${[...addresses.keys()].join('|')})(?=:(?!//)|[\\s,\\]/]|$)`,
    'gm',
  )
  const rewrite = (text: string): string => move(text).replaceAll(names, (name) => addressOf(name))
  return { folder: createFolder(), services, addressOf, rewrite }
}

/** Starts a Redis or a Sentinel with its own command. A volume is a folder. */
async function startRedisService(machine: Machine, name: string): Promise<Container> {
  const { folder, services, addressOf, rewrite } = machine
  const { command = [], environment = {}, healthcheck } = services[name] ?? {}
  const [data, address] = [join(folder, name), addressOf(name)]
  mkdirSync(data, { recursive: true })
  const place = (text: string): string =>
    rewrite(text).replaceAll('/data', data).replaceAll('/etc/redis.conf', `${data}.conf`)
  writeFileSync(`${data}.conf`, place(readExample('redis.conf')))
  const own = ['--bind', address, '--bind-source-addr', address]
  const words = command.map((word) =>
    place(word)
      .replaceAll('$$', '$')
      .replace(/(exec redis-server \S+)/, `$1 ${own.join(' ')}`),
  )
  const args = words[0] === 'redis-server' ? [...words, ...own] : words
  const log = openSync(join(folder, `${name}.log`), 'a')
  const env = { ...toRedisPath(), ...environment, NAME: rewrite(environment['NAME'] ?? '') }
  const child = spawn(args[0] ?? '', args.slice(1), { env, cwd: data, stdio: ['ignore', log, log] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  if (child.pid === undefined) throw new Error(`${name} did not start`)
  // Not with its folder: a volume outlives its container.
  killWithThisProcess({ child: Object.assign(child, { pid: child.pid }), exited }, `${data}.gone`)
  const [, program = '', ...rest] = healthcheck?.test ?? []
  await waitUntil(`${name} is healthy`, () =>
    promisify(execFile)(program, ['-h', address, ...rest], { env: toRedisPath() }),
  )
  return {
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

const toRedisPath = (): Record<string, string> => ({
  PATH: `${dirname(requireProgram('redis-server', 'REDIS_SERVER_PATH'))}:${process.env['PATH']}`,
})

/** What the document says to write into `secrets`. */
function redisUrlOf(profile: string): string {
  const url = new RegExp(`\\| \`${profile}\` .*\\| \`(redis.*?)\``).exec(doc)?.[1]
  if (url === undefined) throw new Error(`docs/deploy.md has no REDIS_URL of ${profile}`)
  return url
}

/** Starts everything that `docker compose --profile … up` does, once with the Redis that the profile has. */
export async function startCompose(
  profile: 'single' | 'sentinel' | 'cluster',
  prepare: (machine: Machine) => Promise<void> = async () => {},
): Promise<Composed> {
  const machine = createMachine()
  const { services, addressOf, rewrite } = machine
  const [tls, plain] = await freePorts()
  const running = new Map<string, Container | Deployed>()
  const secrets = makeSecrets(rewrite(redisUrlOf(profile)))
  const ofRedis = Object.keys(services).filter((name) =>
    services[name]?.profiles?.includes(profile),
  )
  for (const name of ofRedis) running.set(name, await startRedisService(machine, name))
  await prepare(machine)
  const nginx = await startNginx({ address: addressOf('proxy'), ports: { tls, plain }, rewrite })
  const image = readDockerfile()
  const envOf = (name: string): Readonly<Record<string, string>> => {
    const { environment = {} } = services[name] ?? {}
    const settings = { ...image.env, ...environment, ...secrets.env, HOST: addressOf(name) }
    return Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        key,
        rewrite(value).replace('https://auth.example.com', nginx.issuer),
      ]),
    )
  }
  const startServer = async (name: string): Promise<void> => {
    const started = await startDeployed({
      command: image.command.map((word) => word.replace('/run/secrets/pleo-oauth', secrets.file)),
      env: envOf(name),
    })
    running.set(name, started)
    const check = image.healthcheck.map((word) => word.replace('127.0.0.1', addressOf(name)))
    await waitUntil(`${name} is healthy`, () =>
      promisify(execFile)(process.execPath, check.slice(1), { env: { PORT: image.env['PORT'] } }),
    )
  }
  await startServer('server-1')
  await startServer('server-2')
  return {
    ...nginx,
    addressOf,
    client: registerClient(secrets),
    doctor: () =>
      callDoctor(secrets, { ...envOf('server-1'), NODE_EXTRA_CA_CERTS: nginx.certificate }),
    async restart(name) {
      const server = running.get(name) as Deployed
      const patience = Number.parseInt(services[name]?.stop_grace_period ?? '10', 10) * 1000
      const timer = setTimeout(() => server.kill('SIGKILL'), patience)
      server.kill('SIGTERM')
      const { code } = await server.ended
      clearTimeout(timer)
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${server.said()}`)
      await startServer(name)
    },
    async revive(name) {
      running.set(name, await startRedisService(machine, name))
    },
    async kill(name) {
      const one = running.get(name)
      await (one && 'close' in one ? one.close() : one?.kill())
    },
    async close() {
      await nginx.close()
      for (const one of [...running.values()].toReversed())
        await ('close' in one ? one.close() : one.kill())
    },
  }
}
