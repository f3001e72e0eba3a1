import { expect, test } from 'vitest'
import { refresh } from '../support/flow.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { passAnHour } from '../support/registered.ts'

// Where a client has two secrets, another one ends one of them.

const commands = startRedisCommands(['clients', 'rotate'])
const rotate = commands.run

/** A client with two secrets, the older one first. */
async function register(client_name: string) {
  const { client, secret: first = '' } = await commands.server.clients.create({
    client_name,
    redirect_uris: ['https://nordvind.example.test/callback'],
    scope: 'companies:read',
  })
  const { secret: second = '' } = await commands.server.clients.rotateSecret(client.clientId)
  return { id: client.clientId, first, second }
}
const secretsOf = async (id: string) => (await commands.server.clients.find(id))?.secrets ?? []

async function use(id: string, client_secret: string): Promise<void> {
  const { body } = await refresh(commands.server.issuer, 'x'.repeat(93), {
    client_id: id,
    client_secret,
  })
  expect(body['error']).toBe('invalid_grant')
}
const usesOf = async (id: string) =>
  (await secretsOf(id)).map(({ lastUsedAt }) => lastUsedAt !== undefined)

test('it asks before one ends that may be in use, and says which one has ended', async () => {
  const { id, first, second } = await register('Both In Use')
  await use(id, first)
  await expect.poll(() => usesOf(id)).toEqual([false, true])
  await use(id, second)
  await expect.poll(() => usesOf(id)).toEqual([true, true])
  const [newest] = await secretsOf(id)

  const refused = await rotate(id)
  expect([refused.code, refused.stdout]).toEqual([1, ''])
  expect(refused.stderr).toContain('it takes --yes')
  expect(await secretsOf(id)).toHaveLength(2)

  const { code, stdout } = await rotate(id, '--yes')
  expect(code).toBe(0)
  expect(stdout).toMatch(/The one made \S+Z \(last used \S+Z\) has ended\.\n$/)
  expect((await secretsOf(id))[1]?.id).toBe(newest?.id)
})

test('it asks nothing where the one that ends is used by nobody', async () => {
  const { id, second } = await register('Only The Newest')
  await use(id, second)
  await expect.poll(() => usesOf(id)).toEqual([true, false])
  await passAnHour(commands.storage, id)
  const old = async () => (await secretsOf(id))[1]
  await expect.poll(old).toMatchObject({ isSafeToEnd: true })
  const ended = [(await old())?.id]
  const { code, stdout } = await rotate(id, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ ended })
})
