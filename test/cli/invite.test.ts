import { expect, test } from 'vitest'
import type { CommandResult } from '../support/cli.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { registration } from '../support/registered.ts'
import { toJson } from '../support/requests.ts'
import { sendJson } from '../support/self-registered.ts'

const commands = startRedisCommands(['clients'], { registration: {} })

const invite = (...args: readonly string[]): Promise<CommandResult> =>
  commands.run('invite', ...args)

test('clients invite prints a token that registers one client', async () => {
  const { code, stdout, stderr } = await invite()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const token = /pleo_iat_\w{49}/.exec(stdout)?.[0] ?? ''
  const register = async (client_name: string): Promise<number> => {
    const metadata = { ...registration, client_name }
    return (await sendJson(`${commands.server.issuer}/oauth/register`, metadata, { token })).status
  }
  expect(await register('Inviteret')).toBe(201)
  expect(await register('Også inviteret')).toBe(401)
  const [client] = await commands.server.clients.list()
  const show = ['show', client?.clientId ?? ''] as const
  const page = await commands.run(...show)
  expect(page.stdout).toMatch(/^ {2}registered by +the partner, over HTTP$/m)
  const json = await commands.run(...show, '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ isSelfRegistered: true })
})

test('clients invite --json says when it ends', async () => {
  const { stdout } = await invite('--days', '2', '--json')
  const { token, expiresAt } = JSON.parse(stdout) as { token: string; expiresAt: string }
  expect(Math.abs(Date.parse(expiresAt) - Date.now() - 2 * 86_400_000)).toBeLessThan(60_000)
  expect(await commands.server.clients.endInitialAccessToken(token)).toBe(true)
})

test('clients invite refuses days that are none', async () => {
  const { code, stdout, stderr } = await invite('--days', '0')
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('from 1 to 365')
})

test('clients invite says what the client can have at most', async () => {
  const limits = ['--scope', 'companies:read,users:read', '--subject-type', 'company']
  const { stdout } = await invite(...limits, '--json')
  const { token } = JSON.parse(stdout) as { token: string }
  const metadata = { ...registration, client_name: 'Begrænset', scope: 'users:read users:write' }
  const url = `${commands.server.issuer}/oauth/register`
  const organization = { ...metadata, subject_type_preference: 'organization' }
  expect((await sendJson(url, organization, { token })).status).toBe(400)
  const answer = await sendJson(url, metadata, { token })
  expect([answer.status, toJson(answer)['scope']]).toEqual([201, 'users:read'])
})

test('clients invite suggests the scope that was meant', async () => {
  const { stderr } = await invite('--scope', 'companies:raed')
  expect(stderr).toContain('scopes[0] does not exist (did you mean "companies:read"?). There are ')
})

test('clients invite refuses a scope that does not exist, and names those that do', async () => {
  const { code, stdout, stderr } = await invite('--scope', 'nope')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('error: scopes[0] does not exist. There are ')
  expect(stderr).toContain('companies:read')
})

test.each([
  ['--subject-type', 'person'],
  ['--scope', ','],
])('clients invite refuses a limit that is none: %s %s', async (...args) => {
  const { code, stdout, stderr } = await invite(...args)
  expect([code, stdout]).toEqual([args[0] === '--scope' ? 1 : 2, ''])
  expect(stderr).toContain(args[0] === '--scope' ? 'scopes' : 'company, organization')
})
