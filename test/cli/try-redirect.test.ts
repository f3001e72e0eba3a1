import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startCommandWith, type RunningCommand } from '../support/cli.ts'
import { closeServer, listen, useServer } from '../support/server.ts'
import { agree, createTriedClients, takeFreePort, urlOf } from '../support/trying.ts'

const port = await takeFreePort()
const { withoutSecret } = createTriedClients(port)
const [redirectUri = ''] = withoutSecret.redirect_uris ?? []
const { origin, host } = new URL(redirectUri)

// What the token endpoint refuses, it was asked for: a code that is none is among it.
let refusals = 0
const server = useServer({ clients: [withoutSecret] })
beforeAll(async () => {
  server.provider.on('grant.error', () => (refusals += 1))
})

const commands: RunningCommand[] = []
afterEach(async () => {
  for (const command of commands.splice(0)) {
    command.kill('SIGKILL')
    await command.ended
  }
})

function start(...args: readonly string[]): RunningCommand {
  const { issuer } = server
  const client = ['--client-id', withoutSecret.client_id, '--scope', 'companies:read']
  const shared = ['--issuer', issuer, ...client, '--redirect-uri', redirectUri, '--revoke']
  const command = startCommandWith({}, 'try', ...shared, ...args)
  commands.push(command)
  return command
}

/** Whether somebody listens there. */
const isOpen = (address: string, at: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(at, address)
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('connect', () => socket.destroy())
  })

/** What comes until the other side ends; less, where it ends in haste. */
async function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await new Promise((resolve) => socket.once('error', () => undefined).once('close', resolve))
  return text
}

/** An answer to the request of this URL, as a browser would bring it. */
function toAnswer(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const answer = new URL(redirectUri)
  const state = url.searchParams.get('state') ?? ''
  const all = { code: 'not-a-code', state, iss: server.issuer, ...parameters }
  for (const [name, value] of Object.entries(all)) answer.searchParams.set(name, value)
  return answer
}

describe('an answer that is not for this attempt', () => {
  test.each([
    ['another state', { state: 'another' }, 'state'],
    ['no state', { state: '' }, 'state'],
    ['another issuer', { iss: 'https://auth.example.test' }, 'iss'],
    ['no issuer', { iss: '' }, 'iss'],
  ])('with %s is not exchanged', async (_, parameters, name) => {
    const before = refusals
    const command = start()
    const answer = toAnswer(await urlOf(command), parameters)
    expect((await fetch(answer)).status).toBe(200)
    const { code, stdout, stderr } = await command.ended
    expect([code, stdout]).toEqual([1, ''])
    const words = new RegExp(`error: the answer is invalid, .*"${name}".*\\n$`)
    expect(stderr).toMatch(words)
    expect(refusals).toBe(before)
  })

  test('with a code that is none is exchanged and refused', async () => {
    const before = refusals
    const command = start()
    await fetch(toAnswer(await urlOf(command), {}))
    const { code, stdout, stderr } = await command.ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/error: the authorization server refuses: invalid_grant: .+\n$/)
    expect(refusals).toBe(before + 1)
  })

  test('does nothing to the terminal', async () => {
    const command = start()
    const text = '\u001B[31mred\u0007'
    const error = { error: 'server_error', error_description: text }
    const answer = toAnswer(await urlOf(command), error)
    answer.searchParams.delete('code')
    await fetch(answer)
    const { code, stderr } = await command.ended
    expect(code).toBe(1)
    expect(stderr).toContain('refuses: server_error: \u{FFFD}[31mred\u{FFFD}\n')
  })
})

describe('the listener', () => {
  const send = (method: string, path: string, name = host): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(origin, { path, method, headers: { host: name } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .once('error', reject)
        .end()
    })

  test('counts the redirect, and nothing else that a browser or a page elsewhere sends', async () => {
    const command = start()
    const redirect = await agree(await urlOf(command))
    const path = redirect.pathname + redirect.search
    const others: readonly (readonly [string, string, string?])[] = [
      ['HEAD', path],
      ['POST', path],
      ['OPTIONS', path],
      ['GET', path, `evil.example:${port}`],
      ['GET', path, `localhost:${port}`],
      ['GET', '/callback'],
      ['GET', `/callback/${redirect.search}`],
      ['GET', `/${redirect.search}`],
      ['GET', `//evil.example${path}`],
      ['GET', '/favicon.ico'],
      ['GET', '/%E0%A4%A'],
    ]
    for (const other of others) expect.soft(await send(...other), other.join(' ')).toBe(404)
    expect(await send('GET', path)).toBe(200)
    expect((await command.ended).code).toBe(0)
  })

  test('counts one of many at once, and exchanges its code once', async () => {
    const command = start()
    const redirect = await agree(await urlOf(command))
    const sockets = Array.from({ length: 5 }, () => connect(port, '127.0.0.1'))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const path = redirect.pathname + redirect.search
    for (const socket of sockets) socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
    const answers = await Promise.all(sockets.map((socket) => readAll(socket)))
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 200 '))).toHaveLength(1)
    const { code, stderr } = await command.ended
    expect(code).toBe(0)
    expect(stderr.match(/POST \S+\/oauth\/token\n/g)).toHaveLength(1)
  })

  test('shows a page that has nothing from elsewhere, and is kept nowhere', async () => {
    const command = start()
    const answer = toAnswer(await urlOf(command), { state: '<script>alert(1)</script>' })
    const page = await fetch(answer)
    const text = await page.text()
    expect(text).toContain('<h1>You can close this window</h1>')
    expect(text).not.toMatch(/script|src=|href=|not-a-code/)
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
  })

  test('listens on the host of the redirect URI only', async () => {
    const command = start()
    await urlOf(command)
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of outside) expect(await isOpen(address, port)).toBe(false)
    expect(await isOpen('::1', port)).toBe(false)
    expect(await isOpen('127.0.0.1', port)).toBe(true)
  })

  test('says when its port is in use', async () => {
    const other = createServer()
    await listen(other, port)
    const { code, stdout, stderr } = await start().ended
    await closeServer(other)
    expect([code, stdout]).toEqual([1, ''])
    const words = `error: the redirect URI cannot be listened on: port ${port} is in use\n`
    expect(stderr.endsWith(words)).toBe(true)
  })
})

describe('the command ends, with the port free again,', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('on %s', async (signal) => {
    const command = start()
    await urlOf(command)
    expect(await isOpen('127.0.0.1', port)).toBe(true)
    // A connection that is open keeps nothing up.
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    command.kill(signal)
    const { code, stdout, stderr } = await command.ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/\nerror: interrupted\n$/)
    expect(await isOpen('127.0.0.1', port)).toBe(false)
    socket.destroy()
  })

  test('when nobody comes back', async () => {
    const { code, stdout, stderr } = await start('--timeout', '1').ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/\nerror: nobody came back within 1 second\n$/)
    expect(await isOpen('127.0.0.1', port)).toBe(false)
  })
})
