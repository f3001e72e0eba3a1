import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { startCommandWith, type CommandResult, type RunningCommand } from '../support/cli.ts'
import { introspect } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { bakery, idOf, nordlysGermany, nordlysGroup } from '../support/people.ts'
import { audience, useServer } from '../support/server.ts'
import { agree, createTriedClients, takeFreePort, urlOf } from '../support/trying.ts'

const port = await takeFreePort()
const { confidential, withoutSecret } = createTriedClients(port)
const [redirectUri = '', byName = ''] = confidential.redirect_uris ?? []
const secret = confidential.client_secret

const server = useServer({ clients: [confidential, withoutSecret] })

// A test that fails leaves none on the port of the next.
const commands: RunningCommand[] = []
afterEach(async () => {
  for (const command of commands.splice(0)) {
    command.kill('SIGKILL')
    await command.ended
  }
})

type Environment = Readonly<Record<string, string>>

const start = (environment: Environment, ...args: readonly string[]): RunningCommand => {
  const { issuer } = server
  const shared = ['--issuer', issuer, '--redirect-uri', redirectUri, '--scope', 'companies:read']
  const command = startCommandWith(environment, 'try', ...shared, ...args)
  commands.push(command)
  return command
}
const asConfidential = (...args: readonly string[]): RunningCommand =>
  start({ CLIENT_SECRET: secret }, '--client-id', confidential.client_id, ...args)
const asPublic = (...args: readonly string[]): RunningCommand =>
  start({}, '--client-id', withoutSecret.client_id, ...args)

interface Walked extends CommandResult {
  readonly redirect: URL
  readonly page: Response
}

/** The person agrees, and the browser follows the redirect. */
async function walk(command: RunningCommand, ...how: readonly Agreement[]): Promise<Walked> {
  const redirect = await agree(await urlOf(command), ...how)
  const page = await fetch(redirect)
  return { ...(await command.ended), redirect, page }
}
type Agreement = NonNullable<Parameters<typeof agree>[1]>

interface Printed {
  readonly tokens: Readonly<Record<string, string>>
  readonly introspection: Readonly<Record<string, unknown>>
  readonly refreshed: {
    readonly tokens: Printed['tokens']
    readonly isOldStillActive: boolean
  } | null
  readonly revoked: { readonly isStillActive: boolean } | null
}
const parse = ({ stdout }: CommandResult): Printed => JSON.parse(stdout) as Printed

describe('try', () => {
  test.each([
    ['a scope that does not exist', ['--scope', 'foo:read'], 'invalid_scope'],
    ['a subject that the client is not for', ['--subject', nordlysGroup], 'invalid_request'],
  ])('ends at once if the browser would come back with an error: %s', async (_, args, error) => {
    const { code, stdout, stderr } = await asPublic(...args).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(new RegExp(`error: the authorization server refuses: ${error}: .+\n$`))
    expect(stderr).not.toContain('Open this')
  })

  test('walks the whole way and says what came of it, with everything secret masked', async () => {
    const { code, stdout, stderr, redirect } = await walk(asConfidential('--refresh', '--revoke'))
    expect([code, stderr]).toEqual([0, expect.any(String)])
    expect(stdout).toMatch(new RegExp(`^  subject +${bakery}$`, 'm'))
    expect(stdout).toMatch(/^ {2}access token +\S{4}… \(\d+ characters\)$/m)
    expect(stdout).toMatch(/^ {2}type +Bearer$/m)
    expect(stdout).toMatch(/^ {2}lifetime +900 seconds$/m)
    expect(stdout).toMatch(/^ {2}scope +companies:read$/m)
    expect(stdout).toMatch(new RegExp(`^  sub +${idOf(bakery)}$`, 'm'))
    expect(stdout).toMatch(new RegExp(`^  aud +${audience}$`, 'm'))
    expect(stdout).toMatch(/^ {2}exp +\d+ \(\d{4}-\d\d-\d\dT[\d:]+Z\)$/m)
    expect(stdout).toMatch(/^ {2}access token before +not active any more$/m)
    expect(stdout).toMatch(/^ {2}refresh token before +replaced by the new one$/m)
    expect(stdout).toMatch(/^Revoked\n {2}access token +not active any more\n$/m)
    for (const path of ['token', 'token/introspect', 'token/revoke'])
      expect(stderr).toContain(`  POST ${server.issuer}/oauth/${path}\n`)
    expect(stderr).toMatch(/ {4}code_verifier +\S{4}… \(43 characters\)/)
    const said = stdout + stderr
    expect(said).not.toContain(redirect.searchParams.get('code'))
    expect(said).not.toContain(secret)
    // No token either, nor a secret in Basic: all that is as long is the challenge and the state.
    expect(said).not.toMatch(/[\w-]{44,}/)
    expect(said).not.toContain('\u001B')
  })

  test('prints tokens where that is asked for, which work, and JSON for scripts', async () => {
    const walked = await walk(asConfidential('--json', '--show-tokens', '--refresh'))
    const { tokens, introspection, refreshed, revoked } = parse(walked)
    expect(introspection).toMatchObject({
      active: true,
      client_id: confidential.client_id,
      'urn:pleo:params:oauth:subject_urn': bakery,
    })
    expect([refreshed?.isOldStillActive, revoked]).toEqual([false, null])
    const isActive = async (token = ''): Promise<unknown> =>
      (await introspect(server.issuer, token, confidential))['active']
    expect(await isActive(tokens['access_token'])).toBe(false)
    expect(await isActive(refreshed?.tokens['access_token'])).toBe(true)
    // Only the answer has them.
    expect(walked.stderr).not.toContain(refreshed?.tokens['access_token'])
    expect(walked.stderr).not.toContain(refreshed?.tokens['refresh_token'])
  })

  test('masks the tokens in JSON, too', async () => {
    const { tokens, refreshed, revoked } = parse(await walk(asPublic('--json', '--revoke')))
    expect(tokens['access_token']).toMatch(/^.{4}… \(\d+ characters\)$/)
    expect(tokens['refresh_token']).toMatch(/^.{4}… \(\d+ characters\)$/)
    expect([refreshed, revoked]).toEqual([null, { isStillActive: null }])
  })

  test('pushes its request and binds its tokens', async () => {
    const command = asConfidential('--par', '--dpop', '--refresh', '--revoke', '--json')
    const url = await urlOf(command)
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    const { tokens, introspection, refreshed, revoked } = parse(await walk(command))
    expect(tokens['token_type']).toBe('DPoP')
    expect(introspection['cnf']).toEqual({ jkt: expect.any(String) as string })
    expect(refreshed?.isOldStillActive).toBe(false)
    expect(revoked?.isStillActive).toBe(false)
  })

  test('is a public client, which does not introspect', async () => {
    const walked = await walk(asPublic('--par', '--dpop', '--refresh', '--revoke', '--json'))
    expect(walked.code).toBe(0)
    expect(parse(walked)).toMatchObject({
      tokens: { token_type: 'DPoP' },
      introspection: null,
      refreshed: { isOldStillActive: null },
      revoked: { isStillActive: null },
    })
    expect(walked.stderr).not.toContain('introspect')
  })

  test('asks for a subject, and not for another one', async () => {
    const wanted = ['--subject', nordlysGermany, '--json', '--revoke']
    const jonas = await walk(asConfidential(...wanted), { as: 'jonas', subject: nordlysGermany })
    expect(parse(jonas).introspection['sub']).toBe(idOf(nordlysGermany))
    const { code, stdout, stderr } = await walk(asPublic(...wanted), { as: 'sofia' })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/error: access was denied: .*\n$/)
  })

  test('says that the person refused, and ends with 1', async () => {
    const { code, stdout, stderr } = await walk(asPublic(), { decision: 'decline' })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/error: access was denied: the person refused, .*\(access_denied.*\)\n$/)
    expect(stderr).not.toContain('/oauth/token')
    expect(stderr).toContain('checking the answer, which has no code\n')
  })

  test('says which scope is refused', async () => {
    const { code, stderr } = await asPublic('--scope', 'vendors:read').ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/refuses: invalid_scope: .+ \(scope: vendors:read\)\n$/)
  })

  test.each([
    ['a client that is not registered', ['--client-id', 'nobody']],
    ['another redirect URI', ['--redirect-uri', `http://127.0.0.1:${port}/elsewhere`]],
  ])('does not wait for a browser that would not come back: %s', async (_, args) => {
    const { code, stdout, stderr } = await asPublic(...args).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/error: the authorization server would show an error in the browser, /)
    expect(stderr).toMatch(/^ {2}400 Bad Request\n {2}X-Request-Id: \w{16}$/m)
    expect(stderr).not.toContain('Open this')
  })

  test('listens on a name, under both of its addresses', async () => {
    const command = asPublic('--redirect-uri', byName, '--json', '--revoke')
    const redirect = await agree(await urlOf(command))
    for (const host of ['127.0.0.1', '[::1]'])
      expect((await fetch(`http://${host}:${port}/callback`)).status).toBe(404)
    expect((await fetch(redirect)).status).toBe(200)
    expect((await command.ended).code).toBe(0)
  })
})

describe('the client secret', () => {
  const file = (content: string): string => {
    const path = join(createFolder(), 'secret.txt')
    writeFileSync(path, content)
    return path
  }
  const withFile = (path: string): RunningCommand =>
    start({}, '--client-id', confidential.client_id, '--client-secret-file', path, '--revoke')

  test('comes from a file', async () => {
    expect((await walk(withFile(file(`${secret}\n`)))).code).toBe(0)
  })

  test('is not sent for a client that is said to have none', async () => {
    const { client_id: id } = withoutSecret
    const command = start({ CLIENT_SECRET: secret }, '--client-id', id, '--public', '--revoke')
    const { code, stderr } = await walk(command)
    expect(code).toBe(0)
    expect(stderr).not.toContain('Authorization')
  })

  test('is refused where it is wrong, and is not said', async () => {
    const { code, stdout, stderr } = await walk(withFile(file('a wrong secret')))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/error: the authorization server refuses: invalid_client: .+\n$/)
    expect(stderr).not.toContain('a wrong secret')
  })

  test.each([
    ['is not there', '/nowhere.txt', '/nowhere.txt cannot be read: there is no such file'],
    ['is empty', file('\n'), 'is empty, and must contain the client secret'],
  ])('has a file that %s', async (_, path, words) => {
    const { code, stdout, stderr } = await withFile(path).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(words)
  })

  test('is no option of its own', async () => {
    const { code, stderr } = await asPublic('--client-secret', secret).ended
    expect(code).toBe(2)
    expect(stderr).toContain("unknown option '--client-secret'")
  })
})
