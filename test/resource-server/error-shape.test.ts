import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  local,
  VerificationUnavailableError,
  type BearerOptions,
  type TokenVerifier,
} from '../../lib/resource-server/index.ts'
import { startApi, toApiAnswer, type RunningApi } from '../support/api.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect } from '../support/flow.ts'
import { send } from '../support/requests.ts'
import { useServer } from '../support/server.ts'

// An API answers every error in a shape of its own.

const onError: BearerOptions['onError'] = (ctx, { status, error, message }) => {
  ctx.body = { type: `https://api.example/errors/${error}`, title: message, status }
  ctx.type = 'application/problem+json'
}

let token: string
const server = useServer()
beforeAll(async () => {
  token = (await connect(server.issuer, { params: { scope: 'companies:read' } })).access_token
})

async function start(options: Partial<BearerOptions>): Promise<RunningApi> {
  return endAfterTest(await startApi({ verify: local(server), ...options }))
}

const down: TokenVerifier = async () => {
  throw new VerificationUnavailableError('nobody is there')
}

describe('onError makes the body of a refusal, and its status and headers stay', () => {
  const good = (): string => `Bearer ${token}`
  test.each<[string, string, number, () => string | undefined, Partial<BearerOptions>]>([
    ['missing_token', '/token', 401, () => undefined, {}],
    ['invalid_request', '/token', 400, () => 'Bearer a b', {}],
    ['invalid_token', '/token', 401, () => 'Bearer nobody-issued-this', {}],
    ['insufficient_scope', '/jobs', 403, good, {}],
    ['forbidden', '/organization', 403, good, {}],
    ['invalid_request', '/company?company_id=1', 400, good, {}],
    ['temporarily_unavailable', '/token', 503, good, { verify: down }],
  ])('%s of %s', async (error, path, status, toAuthorization, options) => {
    const baseUrl = 'https://api.example.test'
    const plain = await start({ ...options, baseUrl })
    const own = await start({ ...options, baseUrl, onError })
    const authorization = toAuthorization()
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    const usual = toApiAnswer(await send(plain.origin + path, { headers }))
    const { body, raw } = toApiAnswer(await send(own.origin + path, { headers }))
    const { error_description: title } = usual.body
    expect(body).toEqual({ type: `https://api.example/errors/${error}`, title, status })
    expect(raw.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(raw.status).toBe(usual.status)
    for (const name of ['www-authenticate', 'retry-after', 'cache-control'] as const) {
      expect([name, raw.headers[name]]).toEqual([name, usual.raw.headers[name]])
    }
  })

  test('whatever it does to them', async () => {
    const api = await start({
      onError: (ctx) => {
        ctx.status = 200
        ctx.remove('WWW-Authenticate')
        ctx.body = { ok: true }
      },
    })
    const { status, challenge, body } = await api.get('/token')
    expect([status, body]).toEqual([401, { ok: true }])
    expect(challenge).toContain('Bearer resource_metadata=')
  })

  test('and it may take its time', async () => {
    const api = await start({
      onError: async (ctx) => {
        await Promise.resolve()
        ctx.body = { late: true }
      },
    })
    expect(await api.get('/token')).toMatchObject({ status: 401, body: { late: true } })
  })
})

test('without a body of its own, the answer has the usual one', async () => {
  const seen: unknown[] = []
  const api = await start({ onError: (_, { error }) => void seen.push(error) })
  expect((await api.get('/token')).body['error']).toBe('missing_token')
  expect(seen).toEqual(['missing_token'])
})

test('what is no refusal does not come to it', async () => {
  const api = await start({ onError })
  const { status, body } = await api.get('/misspelled/1', token)
  expect([status, body['text']]).toEqual([500, 'Internal Server Error'])
})

test('docs/resource-server.md shows the one of these tests', () => {
  const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
  const document = readFileSync(join(import.meta.dirname, '../../docs/resource-server.md'), 'utf8')
  const [, block = ''] = /^## Errors\n.*?```ts\n(.*?)```/ms.exec(document) ?? []
  // The import is by the name of the package.
  const code = block.replace(/^import .*\n/m, '')
  expect(code).toContain('onError')
  expect(squeeze(readFileSync(import.meta.filename, 'utf8'))).toContain(squeeze(code))
})
