import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTestServer } from '../../lib/testing/index.ts'
import { pause } from '../support/requests.ts'

/** Runs a file as a process of its own. */
function run(...args: readonly string[]) {
  // Nothing of vitest's own: it would say how the process ends.
  const env = { PATH: process.env['PATH'] }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const said = new Promise<void>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString()
      if (output.includes('done')) resolve()
    })
    child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  return { child, ended, said, output: () => output }
}

const ending = fileURLToPath(new URL('./ending-process.ts', import.meta.url))
const forgetting = fileURLToPath(new URL('./forgetting.node-test.ts', import.meta.url))
const embedder = fileURLToPath(new URL('../docs/testing/embedder.node-test.ts', import.meta.url))

test('a process that closed its test server ends by itself', async () => {
  const { ended, output } = run(ending, 'close')
  expect([await ended, output()]).toEqual([0, expect.stringMatching(/^done$/m)])
})

test('a process that forgot to close it ends by itself, and not before', async () => {
  const { ended, output } = run(ending)
  expect([await ended, output()]).toEqual([0, expect.stringMatching(/^done$/m)])
})

test('a process goes on while a client has a connection, so that the tests before could fail', async () => {
  const { child, ended, said } = run(ending, 'wait')
  await said
  expect(await Promise.race([ended, pause(1000).then(() => 'running')])).toBe('running')
  child.kill()
  await ended
})

test.each([
  ['node --test', ['--test']],
  ['node', []],
])('tests that close nothing run to their end, and no longer: %s', async (_, options) => {
  const { ended, output } = run(...options, forgetting)
  expect([await ended, output()]).toEqual([0, expect.stringMatching(/^[ℹ#] pass 2$/m)])
})

test.each([
  ['node --test', ['--test']],
  ['node', []],
])('tests of node:test pass, and their process ends by itself: %s', async (_, options) => {
  const { ended, output } = run(...options, embedder)
  expect([await ended, output()]).toEqual([0, expect.stringMatching(/^[ℹ#] pass 2$/m)])
})

test('nothing is left open in a process that goes on', async () => {
  const open = (): readonly string[] =>
    process.getActiveResourcesInfo().filter((name) => /^(TCP|Timeout|FSReq)/.test(name))
  const before = open()
  {
    await using server = await createTestServer()
    const connection = await server.connect()
    await connection.revokedByPerson()
    expect(open()).not.toEqual(before)
  }
  await expect.poll(open).toEqual(before)
})

test('a closed server can be closed again, and answers nobody', async () => {
  const server = await createTestServer()
  const connection = await server.connect()
  await Promise.all([server.close(), server.close()])
  await server.close()
  const closed = 'the test server is closed'
  await expect(connection.refresh()).rejects.toThrow(closed)
  await expect(server.connect()).rejects.toThrow(closed)
  await expect(server.authorize(`${server.issuer}/oauth/authorize`)).rejects.toThrow(closed)
  await expect(server.fetch(`${server.issuer}/oauth/jwks`)).rejects.toThrow(closed)
})

test('what is under way where a server is closed says so', async () => {
  const asked = Promise.withResolvers<void>()
  const server = await createTestServer({ host: () => () => asked.resolve() })
  const connecting = server.connect()
  await asked.promise
  const closing = server.close()
  await expect(connecting).rejects.toThrow('the test server is closed')
  await closing
})

test('two servers at once are two: what one connected, the other does not know', async () => {
  await using one = await createTestServer()
  await using other = await createTestServer()
  const { tokens } = await one.connect()
  const connection = await other.connect()
  expect(one.url).not.toBe(other.url)
  const { confidential } = other.clients
  expect(await connection.introspect(confidential, tokens.access_token)).toEqual({ active: false })
})
