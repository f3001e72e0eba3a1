import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { startCommandOnTerminal } from '../support/cli.ts'
import { connect, introspect } from '../support/flow.ts'
import { bakery, nordlysDenmark } from '../support/people.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { withClient } from '../support/redis-server.ts'
import { confidential, resourceServer } from '../support/server.ts'

const commands = startRedisCommands(['connections'])
const { ok, refusal } = commands

let count = 0
/** A client that is registered, with its secret. */
async function register(): Promise<ClientMetadata & { readonly client_name: string }> {
  count += 1
  const client_name = `Nordvind Regnskab ${count}`
  const { client, secret = '' } = await commands.server.clients.create({
    client_name,
    redirect_uris: ['https://nordvind.example.test/callback'],
    scope: 'companies:read users:read',
  })
  return { ...client.metadata, client_name, client_secret: secret }
}

/** Has a client connected by Sofia, or by Jonas; answers an access token. */
async function grant(client: ClientMetadata, subject = bakery): Promise<string> {
  const as = subject === bakery ? 'sofia' : 'jonas'
  return (await connect(commands.server.issuer, { client, as, subject })).access_token
}

const isActive = async (token: string): Promise<unknown> =>
  (await introspect(commands.server.issuer, token, resourceServer))['active']

const grantsOf = async (client: ClientMetadata, subject = bakery): Promise<readonly string[]> =>
  (await commands.server.connections.list({ subject, clientId: client.client_id })).flatMap(
    ({ grants }) => grants.map(({ grantId }) => grantId),
  )

describe('connections list', () => {
  test('has one row for each grant, with the name of its client where it is registered', async () => {
    const client = await register()
    await grant(client)
    await grant(confidential)
    const [id] = await grantsOf(client)
    const rows = (await ok('list', bakery)).trimEnd().split('\n')
    expect(rows[0]).toMatch(/^CLIENT +CLIENT ID +GRANT ID +PERSON /)
    const row = rows.find((one) => one.includes(client.client_id)) ?? ''
    const start = `^${client.client_name} +${client.client_id} +${id} +sofia +`
    expect(row).toMatch(new RegExp(`${start}\\S+Z +- +\\S+Z +\\S+Z +companies:read$`))
    expect(rows.find((one) => one.includes('ledger'))).toMatch(/^- +ledger +/)
    const one = await ok('list', bakery, '--client', client.client_id)
    expect(one.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^CLIENT /),
      expect.stringMatching(start),
    ])
  })

  test('has a block for each client on a terminal, with its grants below', async () => {
    const client = await register()
    await grant(client)
    await grant(client)
    const args = ['connections', 'list', bakery, '--client', client.client_id]
    const { output } = await startCommandOnTerminal(commands.environment, ...args).ended
    const [head, ...blocks] = stripVTControlCharacters(output).trimEnd().split('\n\n')
    expect(head).toBe(`${client.client_name}\n  client id  ${client.client_id}`)
    const ids = await grantsOf(client)
    expect(blocks.map((block) => /^ {2}grant id +(\S+)$/m.exec(block)?.[1])).toEqual(ids)
    for (const block of blocks) expect(block).toMatch(/^ {2}scopes +companies:read$/m)
  })

  test('has the same as JSON, with times in ISO 8601', async () => {
    const client = await register()
    await grant(client)
    const { client_id: clientId, client_name: clientName } = client
    const [grantId] = await grantsOf(client)
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string
    const times = { grantedAt: time, lastUsedAt: null, endsAt: time, endsAtLatest: time }
    const one = { grantId, accountId: 'sofia', scopes: ['companies:read'], ...times }
    const said = await ok('list', bakery, '--client', clientId, '--json')
    expect(JSON.parse(said)).toEqual([{ clientId, clientName, subject: bakery, grants: [one] }])
    const { client_id: none } = await register()
    expect(JSON.parse(await ok('list', bakery, '--client', none, '--json'))).toEqual([])
    expect(await ok('list', bakery, '--client', none)).toBe('Nothing is granted.\n')
  })

  test('wants to know for which company, and says what is none', async () => {
    expect(await refusal('list')).toContain("missing required argument 'subject'")
    for (const wrong of ['bakery', `${bakery}0`, 'urn:pleo:user:1'])
      expect(await refusal('list', wrong)).toContain('error: the subject must be a URN')
  })
})

describe('connections revoke', () => {
  test('ends one grant, and no other', async () => {
    const client = await register()
    const first = await grant(client)
    const [other] = await grantsOf(client)
    const second = await grant(client)
    const id = (await grantsOf(client)).find((one) => one !== other) ?? ''
    expect(await refusal('revoke', id)).toContain('it takes --yes')
    expect(await isActive(second)).toBe(true)
    expect(await ok('revoke', id, '--yes')).toBe('Ended 1 grant.\n')
    expect([await isActive(first), await isActive(second)]).toEqual([true, false])
    expect(await grantsOf(client)).toEqual([other])
    expect(await refusal('revoke', id, '--yes')).toBe(
      'error: no grant has this id: it has ended, or never existed\n',
    )
  })

  test('takes an ended grant out of the indexes before it closes its connection', async () => {
    const entries = (): Promise<number> =>
      withClient(commands.redis, async (redis) => {
        const indexes = await redis.keys('pleo:grants-*')
        const counts = await Promise.all(indexes.map((index) => redis.zcard(index)))
        return counts.reduce((sum, many) => sum + many, 0)
      })
    const client = await register()
    await grant(client)
    const before = await entries()
    await grant(client)
    const [one = '', other = ''] = await grantsOf(client)
    // From then on, Redis knows the script.
    await commands.storage.grants.end(one)
    await expect.poll(entries).toBe(before)
    await ok('revoke', other, '--yes')
    expect(await entries()).toBe(before - 2)
  })

  test('ends what a client was granted for one subject, and then the rest', async () => {
    const client = await register()
    const other = await grant(await register())
    const tokens = [await grant(client), await grant(client), await grant(client, nordlysDenmark)]
    const { client_id: id } = client
    const of = ['revoke', '--client', id, '--subject', bakery] as const
    expect(await ok(...of, '--yes')).toBe('Ended 2 grants.\n')
    expect(await Promise.all(tokens.map(isActive))).toEqual([false, false, true])
    expect(await ok(...of, '--yes')).toBe('Ended 0 grants.\n')
    // There is nothing to ask.
    expect(await ok(...of)).toBe('Ended 0 grants.\n')
    expect(JSON.parse(await ok('revoke', '--client', id, '--yes', '--json'))).toEqual({ ended: 1 })
    expect(await Promise.all([...tokens, other].map(isActive))).toEqual([false, false, false, true])
  })

  test('ends what is left of a client that is not registered', async () => {
    const token = await grant(confidential)
    expect(await ok('revoke', '--client', 'ledger', '--yes')).toMatch(/^Ended \d+ grants?\.\n$/)
    expect(await isActive(token)).toBe(false)
  })

  test.each([
    [[], 'say what to end: either a grant id, or --client'],
    [['some-grant', '--client', 'some-client'], 'say what to end: either'],
    [['--subject', bakery], 'say what to end: either'],
    [['some-grant', '--subject', bakery], '--subject goes with --client'],
    [['--client', 'some-client', '--subject', 'bakery'], 'the subject must be a URN'],
  ])('with %j does nothing, and says why', async (args, reason) => {
    expect(await refusal('revoke', ...args, '--yes')).toContain(`error: ${reason}`)
  })

  test('takes a grant id that begins like an option, and no option that is none', async () => {
    for (const id of ['-GJXfaNzMFXj2fUkMd3j52', '--JXfaNzMFXj2fUkMd3j52', '-hJXfaNzMFXj2fUkMd3j52'])
      expect(await refusal('revoke', id, '--yes')).toContain('no grant has this id')
    for (const wrong of ['--yse', '--grant-id=x', '-y'])
      expect(await refusal('revoke', wrong, '--client', 'x')).toContain(`unknown option '${wrong}'`)
    expect(await refusal('revoke', 'some-grant', 'another')).toContain('too many arguments')
  })
})
