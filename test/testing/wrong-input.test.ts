import Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/index.ts'
import {
  createTestServer,
  FlowError,
  type TestServer,
  type WrappedTestServer,
} from '../../lib/testing/index.ts'
import { closingAfterEach } from '../support/kept-test-servers.ts'

// What somebody gives whom no compiler stops.

const keep = closingAfterEach()

const start = async (): Promise<TestServer> => keep(await createTestServer())
const wrapped = async (): Promise<WrappedTestServer> => {
  const { server } = await start()
  return keep(await createTestServer({ server }))
}

const expectTypeError = async (promise: Promise<unknown>, message: string): Promise<void> => {
  const error: unknown = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(TypeError)
  expect((error as TypeError).message).toBe(message)
}

describe('connect names what', () => {
  test.each([
    ['is missing', undefined, 'client is missing: nobody else connects here'],
    ['is missing', {}, 'client is missing: nobody else connects here'],
    ['is no client', { client: 'own' }, 'client has no client_id'],
    ['is no client', { client: null }, 'client has no client_id'],
    ['is no client', { client: { redirect_uris: ['https://x/'] } }, 'client has no client_id'],
  ])('%s: %j', async (_, options, message) => {
    const server = await wrapped()
    await expectTypeError(server.connect(options as never), message)
  })

  const redirect = 'client.redirect_uris has no URI that the browser could come back to'
  const account = 'account is neither { username, password } nor a function that signs in'
  test.each([
    ['a client without a redirect URI', { client: { client_id: 'own' } }, redirect],
    ['one with none', { client: { client_id: 'own', redirect_uris: [] } }, redirect],
    ['a name alone', { account: 'sofia' }, account],
    ['nobody', { account: null }, account],
    ['somebody without a password', { account: { username: 'sofia' } }, account],
    ['a list of scopes', { scope: ['companies:read'] }, 'scope is not a string'],
    ['a company that is not its URN', { subject: { urn: 'urn' } }, 'subject is not a string'],
    ['a list of ticks', { optionalScope: ['users:read'] }, 'optionalScope is not a string'],
    ['an option that does not exist', { acount: {} }, 'acount is not an option'],
  ])('is wrong: %s', async (_, options, message) => {
    const server = await start()
    await expectTypeError(server.connect(options as never), message)
  })
})

test('authorize names a decision that is none', async () => {
  const server = await start()
  const url = `${server.issuer}/oauth/authorize`
  const wrong = server.authorize(url, { decision: 'deny' } as never)
  await expectTypeError(wrong, "decision is neither 'allow' nor 'decline'")
})

describe('authorize goes nowhere', () => {
  const notBelow = 'url is not below the issuer, https://auth.example.test/tenant, but'
  test.each([
    ['nowhere', undefined, 'url is not an absolute URL'],
    ['a path', '/oauth/authorize', 'url is not an absolute URL'],
    [
      'another server',
      'https://user:word@auth.pleo.io/oauth/authorize?client_id=a#state',
      `${notBelow} https://auth.pleo.io/oauth/authorize`,
    ],
    [
      'another path',
      'https://auth.example.test/tenants/oauth/authorize?client_id=a',
      `${notBelow} https://auth.example.test/tenants/oauth/authorize`,
    ],
  ])('but below the issuer: %s', async (_, url, message) => {
    const { server } = keep(await createTestServer({ issuer: 'https://auth.example.test/tenant' }))
    let requests = 0
    const host = () => void (requests += 1)
    const watched = keep(await createTestServer({ server, host }))
    await expectTypeError(watched.authorize(url as never), message)
    expect(requests).toBe(0)
  })

  test('for somebody who is null', async () => {
    const server = await wrapped()
    const going = server.authorize(`${server.issuer}/oauth/authorize`, null as never)
    await expect(going).rejects.toThrow(FlowError)
  })
})

describe('the options of a server', () => {
  test.each([null, 5, 'options'])('are an object: %j', async (options) => {
    await expectTypeError(createTestServer(options as never), 'options is not an object')
  })

  test.each([
    [{ clients: null }, 'clients'],
    [{ clients: {} }, 'clients'],
    [{ clients: [null] }, 'clients[0]'],
    [{ resourceServer: null }, 'resourceServer'],
    [{ resourceServer: 'https://api.example.test' }, 'resourceServer'],
    [{ resourceServer: { clientIds: null } }, 'resourceServer.clientIds'],
    [{ resourceServer: { clientIds: 5 } }, 'resourceServer.clientIds'],
    [{ resourceServer: { scopes: null } }, 'resourceServer.scopes'],
    [{ accounts: null }, 'accounts'],
    [{ issuer: null }, 'issuer'],
  ])('are named where they are wrong: %j', async (options, path) => {
    const error: unknown = await createTestServer(options as never).catch((one: unknown) => one)
    if (!(error instanceof ConfigurationError)) throw error
    expect(error.issues.map((issue) => issue.path)).toEqual([path])
  })
})

test('a connection names who cannot end it, and who cannot ask', async () => {
  const connection = await (await start()).connect()
  await expectTypeError(
    connection.revokedByPerson('sofia' as never),
    'account is neither { username, password } nor a function that signs in',
  )
  await expectTypeError(connection.introspect('api' as never), 'client has no client_id')
})

describe('a server around one that is there already', () => {
  test.each([undefined, null, {}, new Koa()])('does not start around %o', async (server) => {
    await expectTypeError(
      createTestServer({ server } as never),
      'server is not what createAuthorizationServer gives',
    )
  })

  test('takes no options that would come too late', async () => {
    const { server } = await start()
    await expectTypeError(
      createTestServer({ server, lifetimes: {}, clients: [] } as never),
      'beside server, which is made already, there can only be host: not lifetimes, clients',
    )
  })
})

describe('a host that answers nothing', () => {
  const listening = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
  const noListener =
    'is not a function (request, response) that answers: of a Koa application, it is callback()'

  test.each([
    ['an application', new Koa(), 'host is not a function that takes the authorization server'],
    ['null', null, 'host is not a function that takes the authorization server'],
    ['one that gives an application', () => new Koa(), `what host gives ${noListener}`],
    ['one that gives nothing', () => undefined, `what host gives ${noListener}`],
    [
      'one that gives it later',
      () => Promise.resolve(() => undefined),
      `what host gives ${noListener}`,
    ],
  ])('is refused: %s', async (_, host, message) => {
    await expectTypeError(createTestServer({ host } as never), message)
    await expect.poll(listening).toBe(0)
  })

  test.each([new Koa(), null])('is refused around a server: %o', async (host) => {
    const { server } = await start()
    await expectTypeError(createTestServer({ server, host } as never), `host ${noListener}`)
  })

  test('holds no clock: what another server advanced is over with that server', async () => {
    const RealDate = Date
    const other = await start()
    const { server, clock } = other
    clock.advance(600)
    await expect(createTestServer({ host: new Koa() } as never)).rejects.toThrow(TypeError)
    await expect(createTestServer({ server, host: new Koa() } as never)).rejects.toThrow(TypeError)
    const host = () => {
      throw new Error('the host does not start')
    }
    await expect(createTestServer({ host })).rejects.toThrow('the host does not start')
    await other.close()
    expect(Date).toBe(RealDate)
  })
})
