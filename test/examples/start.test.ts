import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { isClientSecret } from '../../lib/index.ts'
import { exampleMain, runExample, startExample } from '../support/example.ts'
import { closeServer, listen } from '../support/server.ts'
import { startOnTerminal } from '../support/terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'pleo-example-'))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('the example says in one line why it cannot start, and ends with 1', () => {
  const cases: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ['a port that is no number', { PORT: 'abc' }, /^PORT must be a whole number from 0 to 65535/],
    [
      'a port that Kubernetes sets for a service',
      { API_PORT: 'tcp://10.0.0.1:3001' },
      /^API_PORT must be .*Kubernetes and Docker set API_PORT if a service is called api\. Set/,
    ],
    [
      'a port that Docker sets for a link',
      { APP_PORT: 'udp://172.17.0.2:53' },
      /^APP_PORT must be .*if a service is called app\. Set/,
    ],
    [
      'a time that is no number',
      { KEEP_ALIVE_TIMEOUT: '0' },
      /^KEEP_ALIVE_TIMEOUT must be a whole number of seconds from 1/,
    ],
    ['a host that is a name', { HOST: 'box' }, /^HOST must be 127\.0\.0\.1.*Some shells set HOST/],
    ['a host of another machine', { HOST: '10.255.255.1' }, /^HOST must be 127\.0\.0\.1/],
    ['an issuer without TLS', { ISSUER: 'http://auth.example.com' }, /^ISSUER must use https/],
    [
      'an audience that is no URL',
      { API_AUDIENCE: 'api' },
      /^API_AUDIENCE must be an absolute URL/,
    ],
    ['a switch that is neither on nor off', { TRUST_PROXY: 'yes' }, /^TRUST_PROXY must be true or/],
    [
      'a clients file that is not there',
      { CLIENTS_FILE: 'nowhere.json' },
      /^CLIENTS_FILE \/.*\/nowhere\.json: cannot be read \(there is no such file\)/,
    ],
    ['clients that are no JSON', { CLIENTS_FILE: file('a.json', '[{') }, /^CLIENTS_FILE.*JSON/],
    ['people without a name', { PEOPLE_FILE: file('b.json', '{"people":[{}]}') }, /people\[0\]/],
    [
      'a client without TLS',
      {
        CLIENTS_FILE: file(
          'c.json',
          '[{"client_name":"X","redirect_uris":["http://x.example/cb"],"scope":"companies:read"}]',
        ),
      },
      /^CLIENTS_FILE.*redirect_uris\[0\].*https/,
    ],
    [
      'scopes that there are not, by their names',
      {
        CLIENTS_FILE: file(
          'e.json',
          '[{"client_name":"X","redirect_uris":["https://x.example/cb"],"scope":"companies:read  companies:raed","optional_scope":"users:read"}]',
        ),
      },
      /^CLIENTS_FILE \S+: \[0\]\.scope\[1\] \(companies:raed\) names a .* \(did you mean "companies:read"\?\)\nCLIENTS_FILE \S+: \[0\]\.optional_scope\[0\] \(users:read\) names a/,
    ],
    [
      'a client called like a bundled one',
      {
        CLIENTS_FILE: file(
          'd.json',
          '[{"client_name":"N0rthwind Ledger","redirect_uris":["https://x.example/cb"],"scope":"companies:read"}]',
        ),
      },
      /^CLIENTS_FILE \S+: \[0\]\.client_name looks to people like the name of another client$/m,
    ],
  ]
  it.each(cases)('%s', async (_name, settings, line) => {
    const { code, stdout, stderr } = await runExample(settings)
    expect(stderr).toMatch(line)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it('a port that is taken', async () => {
    const other = createServer()
    await listen(other)
    const { port } = other.address() as AddressInfo
    const { code, stderr } = await runExample({ API_PORT: String(port) })
    await closeServer(other)
    expect(stderr).toBe(
      `port ${port} is taken: set API_PORT to another one, or to 0 for a free one\n`,
    )
    expect(code).toBe(1)
  })
})

describe('the example takes its settings from the environment', () => {
  it('registers the clients of a file, and prints what it made for them', async () => {
    const path = file(
      'clients.json',
      JSON.stringify([
        { client_name: 'Made', redirect_uris: ['http://localhost:1/cb'], scope: 'companies:read' },
        {
          client_id: 'given',
          client_secret: 'given-secret',
          redirect_uris: ['http://localhost:1/cb'],
          scope: 'companies:read',
        },
      ]),
    )
    const example = await startExample({ CLIENTS_FILE: path })
    const id = /client_id +(\S+)/.exec(example.output)?.[1] ?? ''
    const secret = /client_secret +(\S+)/.exec(example.output)?.[1] ?? ''
    const ask = (user: string, password: string) =>
      fetch(`${example.issuer}/oauth/token/introspect`, {
        method: 'POST',
        body: new URLSearchParams({ token: 'x' }),
        headers: {
          authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
        },
      }).then(({ status }) => status)
    const statuses = [
      await ask(id, secret),
      await ask('given', 'given-secret'),
      await ask(id, 'no'),
    ]
    await example.close()
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(isClientSecret(secret)).toBe(true)
    expect(statuses).toEqual([200, 200, 401])
    expect(example.output).not.toContain('given-secret')
  })

  it('listens for this machine alone, and with HOST=0.0.0.0 for all that reach it', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((one) => one && !one.internal && one.family === 'IPv4')?.address
    const addresses = ['127.0.0.1', outside ?? '127.0.0.2']
    const reached = async (HOST: string): Promise<readonly boolean[]> => {
      const example = await startExample({ HOST })
      const urls = [example.issuer, example.api, example.app].flatMap((url) =>
        addresses.map((address) => url.replace('localhost', address)),
      )
      const answers = await Promise.allSettled(urls.map((url) => fetch(url)))
      await example.close()
      return answers.map(({ status }) => status === 'fulfilled')
    }
    expect(await reached('')).toEqual([true, false, true, false, true, false])
    expect(await reached('0.0.0.0')).toEqual([true, true, true, true, true, true])
  })

  it('takes the issuer that a proxy shows, path and all', async () => {
    const example = await startExample({
      ISSUER: 'https://auth.example.com/pleo',
      TRUST_PROXY: '1',
    })
    const listening = /listening on ([^)]+)/.exec(example.output)?.[1] ?? ''
    const response = await fetch(`${listening}/.well-known/oauth-authorization-server/pleo`)
    const metadata = (await response.json()) as Record<string, string>
    await example.close()
    expect(metadata['token_endpoint']).toBe('https://auth.example.com/pleo/oauth/token')
  })
})

describe('people whose password everybody can read', () => {
  const ISSUER = 'https://auth.example.com'
  const production = { ISSUER, NODE_ENV: 'production' }
  const person = { name: 'Ada', email: 'ada@mill.example' }
  const people = (...passwords: readonly string[]): string => {
    const list = passwords.map((password, n) => ({ ...person, email: `a${n}@a.example`, password }))
    return file('people.json', JSON.stringify({ people: list }))
  }
  const bundled =
    /^PEOPLE_FILE (?:must be|is not) set for the issuer https:.* Set it to a JSON file/m

  it.each([
    ['the bundled ones', {}, bundled],
    [
      'the password of the bundled ones in a file',
      { PEOPLE_FILE: people('nobody knows it', 'pleo-demo') },
      /^PEOPLE_FILE \S+: people\[1\]\.password can be read by everybody.*: choose another one\n$/,
    ],
    [
      'the file that shows how to write one',
      { PEOPLE_FILE: exampleMain.replace('main.ts', 'people.example.json') },
      /people\[0\]\.password.*\n.*people\[1\]\.password/,
    ],
  ])('do not sign in to a server in production: %s', async (_, settings, line) => {
    const { code, stdout, stderr } = await runExample({ ...production, ...settings })
    expect(stderr).toMatch(line)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it('are named where others may reach the server, and nowhere else', async () => {
    const [tunnel, local, right] = [
      await startExample({ ISSUER }),
      await startExample({ NODE_ENV: 'production', COOKIE_KEYS: 'c'.repeat(32) }),
      await startExample({ ...production, PEOPLE_FILE: people('nobody knows it') }),
    ]
    const said = [tunnel, local, right].map((example) => example.errors())
    await Promise.all([tunnel, local, right].map((example) => example.close()))
    expect(said[0]).toMatch(bundled)
    expect(said[0]).toContain(`Anybody who reaches ${ISSUER} can sign in.`)
    expect(said.slice(1)).toEqual(['', ''])
  })
})

test('the example breaks no word on a terminal of 80 columns', async () => {
  const ports = { PORT: '0', API_PORT: '0', APP_PORT: '0' }
  const example = startOnTerminal(process.execPath, [exampleMain], ports)
  await example.said(/Ctrl\+C\s+ends\s+it/)
  example.kill('SIGTERM')
  const { output } = await example.ended
  expect(output.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(output.replaceAll(/\s+/g, ' ')).toContain(
    'jonas@nordlys.example Jonas Falk, Group finance director, administrator of the organization Nordlys Group (3 companies)',
  )
})
