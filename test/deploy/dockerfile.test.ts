import { execFile, execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { endAfterTest } from '../support/fixtures.ts'
import { createFolder } from '../support/folder.ts'
import { freePorts } from '../support/free-ports.ts'
import { useRedis, waitUntil } from '../support/redis-server.ts'
import { startDeployed, type Deployed } from './deployed.ts'
import { readDockerfile } from './dockerfile.ts'
import { blockOf } from './files.ts'
import { makeSecrets } from './registered.ts'

// examples/deploy/Dockerfile, instruction by instruction: in a folder in place of an image, run by a user who cannot change it.

const root = join(import.meta.dirname, '../..')
const image = readDockerfile()
const isRoot = process.getuid?.() === 0
/** `node` of the image `node`. */
const uid = isRoot ? 1000 : undefined
const quietly = {
  npm_config_ignore_scripts: 'true',
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
}
const asUser = uid === undefined ? {} : { uid, gid: uid }

let app = ''
let node = ''

/** What the document says to do first. */
function makeFolder(): string {
  const folder = join(createFolder(), 'my-server')
  const script = blockOf('sh', 'npm pack').replaceAll('../my-server', folder)
  execFileSync('sh', ['-euc', script], {
    cwd: root,
    env: { ...process.env, ...quietly },
    stdio: 'pipe',
  })
  return folder
}

beforeAll(() => {
  const context = makeFolder()
  const whole = mkdtempSync(join(tmpdir(), 'image-'))
  chmodSync(whole, 0o755)
  // Another user may not be able to read the one of the tests.
  node = join(whole, 'node')
  copyFileSync(process.execPath, node)
  chmodSync(node, 0o755)
  for (const { name, text } of image.instructions) {
    if (name === 'WORKDIR') {
      app = join(whole, text)
      mkdirSync(app)
    }
    if (name === 'COPY') {
      const patterns = text.split(' ').slice(0, -1)
      for (const pattern of patterns) {
        const found = globSync(pattern, { cwd: context })
        if (found.length === 0) throw new Error(`COPY finds no ${pattern}`)
        for (const file of found) cpSync(join(context, file), join(app, file))
      }
    }
    if (name === 'RUN')
      execFileSync('sh', ['-euc', text], {
        cwd: app,
        env: { ...process.env, ...quietly },
        stdio: 'pipe',
      })
  }
  execFileSync('chmod', ['-R', 'a-w,a+rX', app])
  return () => {
    // Without rights to write, only root could remove it.
    execFileSync('chmod', ['-R', 'u+w', app])
    rmSync(whole, { recursive: true })
  }
})

const redis = useRedis()

async function start(): Promise<{ readonly server: Deployed; readonly port: number }> {
  const secrets = makeSecrets(redis.url)
  chmodSync(dirname(secrets.file), 0o755)
  if (uid !== undefined) chownSync(secrets.file, uid, uid)
  const [port] = await freePorts()
  const command = image.command.map((word) => word.replace('/run/secrets/pleo-oauth', secrets.file))
  const server = await startDeployed({
    command: [node, ...command.slice(1)],
    folder: app,
    uid,
    env: {
      ...image.env,
      ...secrets.env,
      ISSUER: 'https://auth.example.com',
      API_AUDIENCE: 'https://external.pleo.io',
      TRUSTED_PROXIES: '172.30.0.10',
      HOST: '127.0.0.1',
      PORT: `${port}`,
    },
  })
  return { server: endAfterTest(server), port }
}

const checkHealth = (port: number): Promise<unknown> =>
  promisify(execFile)(node, image.healthcheck.slice(1), { env: { PORT: `${port}` }, ...asUser })

test('the image has no development packages, and runs as somebody who can change nothing in it', () => {
  expect(globSync('node_modules/{typescript,vitest}', { cwd: app })).toEqual([])
  expect(globSync('node_modules/{pleo-oauth-server,ioredis}', { cwd: app })).toHaveLength(2)
  expect(image.user).toBe('node')
  // Root could write all the same.
  expect(Number(spawnSync('id', ['-u'], { encoding: 'utf8', ...asUser }).stdout)).toBeGreaterThan(0)
  for (const path of ['.', 'main.ts', 'node_modules'])
    expect(spawnSync('test', ['-w', join(app, path)], asUser).status).toBe(1)
})

test('it starts, is healthy while Redis is there, and ends at SIGTERM with 0', async () => {
  const { server, port } = await start()
  await checkHealth(port)
  redis.pause()
  onTestFinished(() => redis.resume())
  await expect(checkHealth(port)).rejects.toMatchObject({ code: 1 })
  redis.resume()
  await waitUntil('it is healthy again', () => checkHealth(port))
  server.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
  await expect(checkHealth(port)).rejects.toMatchObject({ code: 1 })
})
