import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { endAfterTest } from '../support/fixtures.ts'
import { connect } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { freePorts } from '../support/free-ports.ts'
import { requireProgram } from '../support/programs.ts'
import { startRedis, waitUntil } from '../support/redis-server.ts'
import { basic, pause, sendRefresh } from '../support/requests.ts'
import { startDeployed, type Deployed } from './deployed.ts'
import { doc, readExample } from './files.ts'
import { makeSecrets, registerClient, type Secrets } from './registered.ts'

// examples/deploy/pleo-oauth@.service: checked by systemd, and its commands run as it says.

const unit = readExample('pleo-oauth@.service')
const all = (name: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value)
const one = (name: string): string => all(name)[0] ?? ''

describe('systemd', () => {
  let folder = ''
  beforeAll(() => {
    folder = createFolder({
      'pleo-oauth@.service': unit.replace('/usr/bin/node', process.execPath),
    })
  })

  const analyze = (...args: readonly string[]) => {
    const program = requireProgram('systemd-analyze', 'SYSTEMD_ANALYZE_PATH')
    return spawnSync(program, [...args, join(folder, 'pleo-oauth@.service')], { encoding: 'utf8' })
  }

  test('understands each line', () => {
    const { status, stdout, stderr } = analyze('verify')
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
  })

  test('counts the exposure that the document names', () => {
    const { stdout } = analyze('security', '--offline=true', '--no-pager')
    const exposure = /exposure level for .*: ([\d.]+)/.exec(stdout)?.[1]
    expect(doc).toContain(`an exposure of ${exposure} of 10`)
  })
})

/** Starts an instance with the settings of the unit. */
async function start(port: number, secrets: Secrets): Promise<Deployed> {
  const credentials = join(createFolder(), 'credentials')
  mkdirSync(credentials)
  const [name = '', path = ''] = one('LoadCredential').split(':')
  expect(path).toBe('/etc/pleo-oauth/secrets')
  copyFileSync(secrets.file, join(credentials, name))
  const place = (text: string): string =>
    text.replaceAll('%i', `${port}`).replaceAll('%d', credentials)
  const settings = all('Environment').flatMap((line) => place(line).split(' '))
  return startDeployed({
    command: place(one('ExecStart')).split(' '),
    env: {
      ...Object.fromEntries(settings.map((pair) => pair.split('=', 2) as [string, string])),
      ...secrets.env,
      ISSUER: `http://localhost:${port}`,
      NODE_ENV: 'production',
    },
  })
}

test('its command runs with its settings, logs refusals, answers what is in flight and ends in time', async () => {
  const redis = endAfterTest(await startRedis())
  const [port] = await freePorts()
  const secrets = makeSecrets(redis.url)
  const server = endAfterTest(await start(port, secrets))
  const client = registerClient(secrets)
  const issuer = `http://localhost:${port}`
  const { refresh_token: token } = await connect(issuer, { client })
  const { headers } = await sendRefresh(issuer, 'none', { headers: basic(client) })
  const refusal = `refused {"requestId":"${String(headers['x-request-id'])}"`
  await waitUntil('the refusal is in the log', async () => server.said().includes(refusal))
  redis.pause()
  const answer = sendRefresh(issuer, token, { headers: basic(client) })
  await pause(100)
  const before = performance.now()
  server.kill(one('KillSignal') as NodeJS.Signals)
  redis.resume()
  // 503 says that Redis took too long, on a busy machine.
  expect([200, 503]).toContain((await answer).status)
  expect((await server.ended).code).toBe(0)
  expect(performance.now() - before).toBeLessThan(Number(one('TimeoutStopSec')) * 1000)
})
