/** Installs the packed tarball that is its argument in an empty folder, and uses it there as an embedder would. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

const [, , packed] = process.argv
if (!packed) throw new Error('Name the packed tarball.')
const tarball = resolve(packed)
const root = join(import.meta.dirname, '../..')
const { name, exports, peerDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly peerDependencies: { readonly ioredis: string }
}
const modules = Object.keys(exports)
  .filter((path) => !path.includes('*') && !path.endsWith('.json'))
  .map((path) => name + path.slice(1))

const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2023'],
  types: ['node'],
  module: 'NodeNext',
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
}

/** Imports every entry, with what an embedder may also ask for by name. */
const everyEntry = `
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import manifest from '${name}/package.json' with { type: 'json' }
${modules.map((entry, index) => `import * as entry${index} from '${entry}'`).join('\n')}

const entries: readonly object[] = [${modules.map((_, index) => `entry${index}`).join(', ')}]
for (const entry of entries) assert.ok(Object.keys(entry).length > 0)
assert.equal(manifest.name, '${name}')
assert.ok(existsSync(new URL(import.meta.resolve('${name}/views/layout.njk'))))
`

/** Real clients are accepted by the strictest compiler, and nothing else is. */
const redisClients = `
import { Cluster, Redis } from 'ioredis'
import { createRedisAdapter, recommendedRedisOptions, type RedisClient } from '${name}/adapters/redis'

const options = { ...recommendedRedisOptions, lazyConnect: true }
const nodes = [{ host: 'localhost', port: 7000 }]
const clients: readonly RedisClient[] = [new Redis(options), new Cluster(nodes, { lazyConnect: true })]
const keys = ['a storage key with 32 characters or more']
for (const client of clients) createRedisAdapter({ client, keys })
// @ts-expect-error: it is no client of ioredis
export const wrong = (): unknown => createRedisAdapter({ client: {}, keys })
`

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  process.stderr.write(stdout + stderr)
  throw new Error(`${command} ${args[0]} failed in ${cwd}`)
}

function fill(folder: string): void {
  mkdirSync(folder)
  const write = (file: string, content: string): void => writeFileSync(join(folder, file), content)
  write('package.json', JSON.stringify({ private: true, type: 'module' }))
  write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  copyFileSync(join(import.meta.dirname, 'consumer.ts'), join(folder, 'consumer.ts'))
  const tests = '../docs/testing/embedder.node-test.ts'
  copyFileSync(join(import.meta.dirname, tests), join(folder, 'tests.ts'))
}

const folder = mkdtempSync(join(tmpdir(), 'package-'))
try {
  const consumer = join(folder, 'consumer')
  fill(consumer)
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund']
  const install = (what: string): string => run('npm', ['install', ...quietly, what], consumer)
  const checkAndRun = (file: string): void => {
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], consumer)
    run(process.execPath, [file], consumer)
  }
  install(tarball)
  const help = run('npx', ['--no-install', 'pleo-oauth', '--help'], consumer)
  if (!help.includes('views'))
    throw new Error(`the command line does not say what it does: ${help}`)
  run('npx', ['--no-install', 'pleo-oauth', 'views', 'copy', 'templates'], consumer)
  // Who does not store in Redis needs no ioredis, and every entry compiles without it.
  writeFileSync(join(consumer, 'every-entry.ts'), everyEntry)
  for (const file of ['consumer.ts', 'tests.ts', 'every-entry.ts']) checkAndRun(file)
  install(`ioredis@${peerDependencies.ioredis}`)
  writeFileSync(join(consumer, 'redis-clients.ts'), redisClients)
  for (const file of ['every-entry.ts', 'redis-clients.ts']) checkAndRun(file)
  process.stdout.write(
    `${basename(tarball)}: installed, checked, imported ${modules.join(', ')}, served a page, passed tests, copied the templates\n`,
  )
} finally {
  rmSync(folder, { recursive: true })
}
