import type { Context, Middleware } from 'koa'
import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { Storage } from '../../lib/index.ts'
import {
  after,
  atRoot,
  behind,
  findMounting,
  proxied,
  useEmbedders,
  type Build,
} from '../support/embedders.ts'
import { mountBelow, type Host } from '../support/hosts.ts'

// What the server finds when it asks itself; docs/embedding.md has the list.

const { start } = useEmbedders()

const below: Build = (parent, { app }) => void parent.use(mountBelow('/auth', app))

/** A proxy that takes the prefix of the issuer away. */
const stripping =
  ({ issuer, origin }: Host): typeof fetch =>
  (input, init) =>
    fetch(new Request(input, init).url.replace(issuer, origin), init)

test('the options are not blamed: they are right', async () => {
  const host = await start(below, { path: '/auth' })
  const what = `the authorization server is not reached at ${host.issuer} as it must be:\n  issuer: `
  const error: unknown = await host.checkMounting().catch((reason: unknown) => reason)
  expect((error as Error).message.startsWith(what)).toBe(true)
  await host.close()
  const away: unknown = await host.checkMounting().catch((reason: unknown) => reason)
  expect((away as Error).message.startsWith(what)).toBe(true)
})

test('4. a proxy that takes the prefix away', async () => {
  const host = await start(atRoot, { path: '/auth' })
  const asking = host.checkMounting({ fetch: stripping(host) })
  await expect(asking).rejects.toThrow('have proxies pass paths unchanged')
  expect(await findMounting(host, { fetch: stripping(host) })).toEqual([
    'issuer wrong_prefix',
    'issuer wrong_prefix',
  ])
})

test('4. mounted below another path, where the host answers 404 in JSON', async () => {
  const host = await start(
    (parent, { app }) => {
      parent.use(mountBelow('/oauth2', app))
      parent.use((ctx) => {
        ctx.status = 404
        ctx.body = { error: 'Not Found' }
      })
    },
    { path: '/auth' },
  )
  expect(await findMounting(host)).toEqual([
    'issuer metadata_missing',
    'issuer wrong_prefix',
    'issuer wrong_prefix',
  ])
})

test('5. mounted below a prefix only: the metadata outside is missed', async () => {
  expect(await findMounting(await start(below, { path: '/auth' }))).toEqual([
    'issuer metadata_missing',
  ])
})

describe('6. something in front changes answers', () => {
  const noErrors = after((ctx) => {
    if (ctx.status < 400) return
    ctx.status = 200
    ctx.body = { ok: false, error: 'failed' }
  })

  test('errors', async () => {
    expect(await findMounting(await start(behind(noErrors)))).toEqual([
      'issuer answer_changed',
      'issuer guarded',
    ])
  })

  test('the body alone', async () => {
    const envelope = after((ctx) => {
      if (ctx.status === 401) ctx.body = { error: { message: 'unauthorized' } }
    })
    const host = await start(behind(envelope))
    expect(await findMounting(host)).toEqual(['issuer answer_changed'])
    await expect(host.checkMounting()).rejects.toThrow(
      '/oauth/token is answered with another body than it gave: something before it changes answers',
    )
  })

  test('all JSON stands in something else', async () => {
    const wrap = after((ctx) => {
      if (ctx.response.is('json')) ctx.body = { data: ctx.body }
    })
    const host = await start(behind(wrap))
    expect(await findMounting(host)).toEqual(['issuer answer_changed', 'issuer answer_changed'])
    await expect(host.checkMounting()).rejects.toThrow(
      '/.well-known/oauth-authorization-server is answered with another body than it gave',
    )
  })

  test.each([
    ['content-security-policy', "default-src 'self'"],
    ['cross-origin-opener-policy', 'same-origin'],
    ['cross-origin-opener-policy', 'same-origin-allow-popups'],
    ['referrer-policy', 'no-referrer'],
    ['x-frame-options', 'SAMEORIGIN'],
  ])('%s: replaced, or a second one added', async (name, value) => {
    const host = await start(atRoot)
    for (const how of ['set', 'append'] as const) {
      const options = { fetch: proxied((headers) => headers[how](name, value)) }
      expect(await findMounting(host, options)).toEqual(['issuer answer_changed'])
      await expect(host.checkMounting(options)).rejects.toThrow(name)
    }
  })
})

describe('7. something of the host stands in front of it', () => {
  const refuse = (ctx: Context, status: number): void => {
    ctx.status = status
    ctx.body = { error: 'unauthorized' }
  }
  const guarded = 'issuer guarded'

  test.each<readonly [string, Middleware, readonly string[]]>([
    ['a sign-in', async (ctx) => ctx.redirect('/login'), [guarded, guarded, guarded]],
    ['one for programs', async (ctx) => refuse(ctx, 401), [guarded, guarded, guarded]],
    ['one that says 403', async (ctx) => refuse(ctx, 403), [guarded, guarded, guarded]],
    [
      'a check of forms',
      async (ctx, next) => (ctx.method === 'POST' ? ctx.throw(403, 'csrf') : next()),
      [guarded],
    ],
    [
      'another route',
      async (ctx) => void (ctx.body = 'the single page of the host'),
      ['issuer metadata_missing', guarded, guarded],
    ],
  ])('%s', async (_, middleware, found) => {
    const host = await start(behind(middleware))
    expect(await findMounting(host)).toEqual(found)
    await expect(host.checkMounting()).rejects.toThrow('is answered by something before it, with ')
  })
})

describe('nobody is blamed for what the host has not done', () => {
  test('the storage does not answer', async () => {
    const memory = createMemoryAdapter()
    const storage: Storage = {
      ...memory,
      records: (model) => ({
        ...memory.records(model),
        find: () => Promise.reject(new Error('no storage')),
      }),
    }
    const host = await start(atRoot, { storage })
    expect(await findMounting(host)).toEqual(['issuer unavailable'])
  })

  test('nothing answers behind a proxy', async () => {
    const gone: typeof fetch = async () => new Response('Bad Gateway', { status: 502 })
    expect(new Set(await findMounting(await start(atRoot), { fetch: gone }))).toEqual(
      new Set(['issuer unavailable']),
    )
  })

  test('it cannot be reached', async () => {
    const host = await start(atRoot)
    await host.close()
    expect(await findMounting(host)).toEqual(['issuer unreachable'])
  })

  test('it speaks no TLS', async () => {
    const host = await start(atRoot)
    const withTls: typeof fetch = (url, init) =>
      fetch((url as string).replace('http', 'https'), init)
    await expect(host.checkMounting({ fetch: withTls })).rejects.toThrow(
      /cannot be reached: no TLS is spoken there$/,
    )
  })

  test('it does not answer', async () => {
    const host = await start(atRoot)
    const never: typeof fetch = (_, init) =>
      new Promise((__, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('no answer')))
      })
    const asking = host.checkMounting({ fetch: never, timeout: 10 })
    const url = `${new URL(host.issuer).origin}/.well-known/oauth-authorization-server`
    await expect(asking).rejects.toThrow(`issuer: ${url} cannot be reached: no answer`)
  })
})

test('what was found stays found where the next answer does not come', async () => {
  const host = await start(below, { path: '/auth' })
  const half: typeof fetch = async (input, init) => {
    if (init?.method === 'POST') throw new Error('gone')
    return fetch(input, init)
  }
  expect(await findMounting(host, { fetch: half })).toEqual([
    'issuer metadata_missing',
    'issuer unreachable',
  ])
})
