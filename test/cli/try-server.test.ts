import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { startCommandWith, type RunningCommand } from '../support/cli.ts'
import { closeServer, listen } from '../support/server.ts'
import { takeFreePort, urlOf } from '../support/trying.ts'

const redirectUri = `http://127.0.0.1:${await takeFreePort()}/callback`

/** An authorization server of another making: what it answers at these paths, and what it was asked. */
interface OtherServer {
  readonly issuer: string
  readonly asked: string[]
}
/** The second body is for all but the first. */
type Answer = readonly [status: number, body: unknown, later?: unknown]

const open: Server[] = []
const commands: RunningCommand[] = []
afterEach(async () => {
  for (const command of commands.splice(0)) {
    command.kill('SIGKILL')
    await command.ended
  }
  for (const http of open.splice(0)) await closeServer(http)
})

const metadataPath = '/.well-known/oauth-authorization-server'

async function startOther(
  change: (issuer: string) => Readonly<Record<string, unknown>> = () => ({}),
  answers: Readonly<Record<string, Answer>> = {},
): Promise<OtherServer> {
  const asked: string[] = []
  const http = createServer()
  open.push(http)
  const issuer = await listen(http)
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    ...change(issuer),
  }
  const known: Readonly<Record<string, Answer>> = { [metadataPath]: [200, metadata], ...answers }
  http.on('request', (request, response) => {
    const path = request.url ?? ''
    // That comes from the browser, too.
    if (!path.startsWith('/authorize')) asked.push(path)
    const [status, body, later = body] = known[path] ?? [404, {}]
    const isFirst = asked.filter((one) => one === path).length === 1
    // Without an answer, for ever.
    if (status === 0) return
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(isFirst ? body : later))
  })
  return { issuer, asked }
}

function start(issuer: string, ...args: readonly string[]): RunningCommand {
  const shared = ['--issuer', issuer, '--client-id', 'me', '--redirect-uri', redirectUri]
  const command = startCommandWith({ CLIENT_SECRET: 'the secret' }, 'try', ...shared, ...args)
  commands.push(command)
  return command
}

async function refusal(issuer: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await start(issuer, ...args).ended
  expect([[1, 2].includes(code ?? 0), stdout]).toEqual([true, ''])
  expect(stderr).not.toMatch(/^\s+at /m)
  return stderr.slice(stderr.indexOf('error: '))
}

/** Brings a code back to the command, as the browser does. */
async function bringCode(command: RunningCommand): Promise<void> {
  const state = (await urlOf(command)).searchParams.get('state') ?? ''
  await fetch(`${redirectUri}?${new URLSearchParams({ code: 'a-code', state }).toString()}`)
}

const tokens = { access_token: 'x'.repeat(40), refresh_token: 'y'.repeat(40), token_type: 'Bearer' }

describe('what try says of a server', () => {
  test('that cannot be reached', async () => {
    const issuer = `http://127.0.0.1:${await takeFreePort()}`
    expect(await refusal(issuer)).toBe(`error: ${issuer} cannot be reached: ECONNREFUSED\n`)
  })

  test('that has no metadata', async () => {
    const { issuer } = await startOther(() => ({}), { [metadataPath]: [404, {}] })
    expect(await refusal(issuer)).toBe(`error: ${issuer}/ has no metadata: is it the issuer?\n`)
  })

  test('that is another one', async () => {
    const { issuer } = await startOther(() => ({ issuer: 'https://auth.example.test' }))
    expect(await refusal(issuer)).toBe(
      'error: the server there is https://auth.example.test, and not the issuer that was asked for\n',
    )
  })

  test('whose answer is no metadata', async () => {
    const { issuer } = await startOther(() => ({}), { [metadataPath]: [200, 'hello'] })
    expect(await refusal(issuer)).toMatch(/^error: the answer is invalid/)
  })

  test.each([
    ['token_endpoint', 'http://auth.example.test/token'],
    ['revocation_endpoint', 'ftp://127.0.0.1/revoke'],
    ['introspection_endpoint', 'introspect'],
  ])('that would have a secret sent to %s without TLS', async (name, url) => {
    const { issuer, asked } = await startOther(() => ({ [name]: url }))
    expect(await refusal(issuer)).toBe(`error: the metadata has a ${name} that is not https\n`)
    expect(asked).toEqual([metadataPath])
  })

  test.each([
    ['authorization_endpoint', 'the flow'],
    ['token_endpoint', 'the flow'],
    ['revocation_endpoint', '--revoke'],
    ['pushed_authorization_request_endpoint', '--par'],
  ])('that has no %s', async (name, reason) => {
    const { issuer } = await startOther(() => ({ [name]: undefined }))
    const flags = reason.startsWith('--') ? [reason] : []
    const words = `error: the metadata has no ${name}, and ${reason} needs one\n`
    expect(await refusal(issuer, ...flags)).toBe(words)
  })
})

describe('what try does with a server', () => {
  test('that has no introspection', async () => {
    const { issuer } = await startOther(() => ({ introspection_endpoint: undefined }), {
      '/token': [200, tokens],
      '/revoke': [200, {}],
    })
    const command = start(issuer, '--refresh', '--revoke')
    await bringCode(command)
    const { code, stdout } = await command.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^ {2}access token +not known: the server has no introspection for this client$/m,
    )
    expect(stdout).toMatch(/^ {2}refresh token before +still valid: the server sent no new one$/m)
  })

  test.each([
    ['--revoke', 'the access token is still active after it was revoked'],
    ['--refresh', 'the access token before the refresh is still active'],
  ])('that does not end what it should end: with %s it says so', async (flag, words) => {
    const { issuer } = await startOther(() => ({}), {
      '/token': [200, tokens],
      '/introspect': [200, { active: true }],
      '/revoke': [200, {}],
    })
    const command = start(issuer, flag)
    await bringCode(command)
    const { code, stdout, stderr } = await command.ended
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining('still active, which it should not be'),
    ])
    expect(stderr).toContain(`\nerror: the authorization server is at fault: ${words}\n`)
  })

  test('that gives a token that is not active: it says so', async () => {
    const { issuer } = await startOther(() => ({}), {
      '/token': [200, tokens],
      '/introspect': [200, { active: false }],
    })
    const command = start(issuer, '--json')
    await bringCode(command)
    const { code, stdout, stderr } = await command.ended
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ introspection: { active: false } })
    expect(stderr).toContain('at fault: the access token was not active when it was new\n')
  })

  test('that gives more than tokens: JSON has nothing that may be a credential', async () => {
    const secret = 's3cret'.repeat(8)
    const more = { device_secret: secret, session: { key: secret }, scope: 'a', expires_in: 60 }
    const { issuer } = await startOther(() => ({ introspection_endpoint: undefined }), {
      '/token': [200, { ...tokens, ...more }],
    })
    const command = start(issuer, '--json')
    await bringCode(command)
    const { code, stdout } = await command.ended
    expect(code).toBe(0)
    expect(stdout).not.toContain(secret)
    expect(JSON.parse(stdout)).toMatchObject({
      tokens: {
        scope: 'a',
        expires_in: 60,
        token_type: 'Bearer',
        device_secret: 's3cr… (48 characters)',
        session: '{"ke… (58 characters)',
      },
    })
  })

  test('that says a time that no calendar has: what came of it is said all the same', async () => {
    const { issuer } = await startOther(() => ({}), {
      '/token': [200, tokens],
      '/introspect': [200, { active: true, exp: 1e20, iat: 1 }],
    })
    const command = start(issuer)
    await bringCode(command)
    const { code, stdout } = await command.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}exp +100000000000000000000$/m)
    expect(stdout).toMatch(/^ {2}iat +1 \(1970-01-01T00:00:01Z\)$/m)
  })

  test('that fails on the way: what is to be revoked is revoked', async () => {
    const { issuer, asked } = await startOther(() => ({}), {
      '/token': [200, tokens],
      '/introspect': [500, { error: 'server_error' }],
      '/revoke': [200, {}],
    })
    const command = start(issuer, '--revoke')
    await bringCode(command)
    const { code, stdout, stderr } = await command.ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('error: the authorization server answered with 500\n')
    expect(asked.slice(1)).toEqual(['/token', '/introspect', '/revoke'])
  })

  test('that does not answer: whoever interrupts it has it revoked all the same', async () => {
    const { issuer, asked } = await startOther(() => ({}), {
      '/token': [200, tokens],
      '/introspect': [0, {}],
      '/revoke': [200, {}],
    })
    const command = start(issuer, '--revoke')
    await bringCode(command)
    await expect.poll(() => asked).toContain('/introspect')
    command.kill('SIGINT')
    const { code, stderr } = await command.ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/\nerror: interrupted\n$/)
    expect(asked.slice(1)).toEqual(['/token', '/introspect', '/revoke'])
  })

  test('that gives no other refresh token at a refresh: the first one goes on, and is revoked', async () => {
    const { issuer, asked } = await startOther(() => ({ introspection_endpoint: undefined }), {
      '/token': [200, tokens, { ...tokens, refresh_token: undefined }],
      '/revoke': [200, {}],
    })
    const command = start(issuer, '--refresh', '--revoke')
    await bringCode(command)
    const { stdout, stderr } = await command.ended
    expect(stdout).toMatch(/^ {2}refresh token before +still valid: the server sent no new one$/m)
    expect(stderr).toMatch(/\/revoke\n.*\n {4}token +yyyy…/)
    expect(asked.slice(1)).toEqual(['/token', '/token', '/revoke'])
  })

  test('that gives no refresh token: it cannot refresh', async () => {
    const { refresh_token: _, ...others } = tokens
    const { issuer } = await startOther(() => ({}), {
      '/token': [200, others],
      '/introspect': [200, { active: true }],
    })
    const command = start(issuer, '--refresh')
    await bringCode(command)
    expect((await command.ended).stderr).toContain('there is no refresh token, and --refresh needs')
  })

  test('that takes a secret in the body only', async () => {
    const { issuer } = await startOther(
      () => ({ token_endpoint_auth_methods_supported: ['client_secret_post'] }),
      { '/token': [400, { error: 'invalid_client' }] },
    )
    const command = start(issuer)
    await bringCode(command)
    const { stderr } = await command.ended
    expect(stderr).toMatch(/ {4}client_secret +… \(10 characters\)\n/)
    expect(stderr).not.toContain('the secret')
  })
})

describe('what try is not told', () => {
  test.each([
    ['--issuer', 'http://auth.example.test', 'must use https, except for loopback hosts'],
    ['--issuer', 'localhost:3000', 'must begin with https://, or http:// for loopback hosts'],
    ['--issuer', 'auth', 'must begin with https://, or http:// for'],
    ['--issuer', 'https://u:p@auth.example.test', 'no query, fragment, user name or password'],
    ['--redirect-uri', 'https://127.0.0.1:4000/x', 'must begin with http://127.0.0.1'],
    ['--redirect-uri', 'http://client.example.test/x', 'must begin with http://127.0.0.1'],
    ['--redirect-uri', 'http://127.0.0.1:0/x', 'must name the port'],
    ['--redirect-uri', 'http://127.0.0.1:4000/x#', 'must have no fragment'],
    ['--subject', 'urn:pleo:company:1', 'must be urn:pleo:company:<uuid>'],
    ['--timeout', '0', 'must be a whole number from 1 to 3600'],
    ['--timeout', '3601', 'must be a whole number from 1 to 3600'],
  ])('%s %s: it says why, and asks nobody', async (option, value, words) => {
    const { issuer, asked } = await startOther()
    const said = await refusal(issuer, option, value)
    expect(said).toContain(`option '${option} <`)
    expect(said).toContain(words)
    expect(asked).toEqual([])
  })
})
