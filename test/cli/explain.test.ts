import { expect, test } from 'vitest'
import { recordOf, sendRefusedForm } from '../support/refusals.ts'
import { startRedisCommands } from '../support/redis-commands.ts'

const commands = startRedisCommands(['explain'])
const { ok, run } = commands

const grant = { grant_type: 'refresh_token', refresh_token: 'x'.repeat(42) }
const sentence = 'refresh_token has 42 characters, and one of this server has 93'

test('says why a request failed, and what was answered', async () => {
  const { record } = await sendRefusedForm(commands.server, grant)
  const time = new Date(record.time).toISOString().replace(/\.\d+Z$/, 'Z')
  expect(await ok(record.requestId)).toBe(`${sentence}
  request  POST /oauth/token
  time     ${time}
  client   ledger
  answer   400 invalid_grant: unknown, revoked, or of another client
`)
})

test('prints the record as JSON', async () => {
  const { record } = await sendRefusedForm(commands.server, grant)
  const [printed, ...more] = JSON.parse(await ok(record.requestId, '--json')) as object[]
  expect(more).toEqual([])
  expect(printed).toEqual({ ...record, time: new Date(record.time).toISOString() })
})

test('shows all requests with one id, whoever chose it', async () => {
  const id = 'chosen-by-a-client'
  const { server } = commands
  for (const client_id of ['ledger', 'mobile']) {
    await sendRefusedForm(server, { ...grant, client_id }, { 'x-request-id': id })
    await recordOf(server, id)
  }
  await expect.poll(() => server.explain(id)).toHaveLength(2)
  const text = await ok(id)
  expect(text).toContain('the client ledger is registered for client_secret_basic')
  expect(text).toContain(sentence)
})

test.each(['4f2a9c01d3b87e65', 'chosen-by-a-client#2', '../client', '\u001B[2J'])(
  'says what to check if nothing is recorded: %j',
  async (id) => {
    const { code, stdout, stderr } = await run(id)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^error: nothing is recorded for this request id\. /)
    expect(stderr).toContain('24 hours')
    expect(stderr).toContain('only the log has it')
    expect(stderr).not.toContain('\u001B')
  },
)

test('refuses an empty id, as of a variable that is not set', async () => {
  const { code, stderr } = await run('')
  expect([code, stderr]).toEqual([2, expect.stringContaining('It must not be empty.')])
})

test('says what is missing if it is called without an id', async () => {
  const { code, stderr } = await run()
  expect([code, stderr]).toEqual([2, "error: missing required argument 'request-id'\n"])
})
