import { beforeAll, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createProofKeys, prove } from '../support/dpop.ts'
import {
  connect,
  consent,
  introspect,
  post,
  redeem,
  refresh,
  revoke,
  type Answer,
  type Tokens,
} from '../support/flow.ts'
import {
  confidential,
  openServer,
  organizationClient,
  publicClient,
  resourceServer,
  useServer,
  withoutOverlap,
} from '../support/server.ts'

const server = useServer(withoutOverlap)
let issuer: string
beforeAll(() => void ({ issuer } = server))

const pairOf = ({ status, body }: Answer): readonly unknown[] => [
  status,
  body['refresh_token'],
  body['access_token'],
]
const tokensOf = ({ body }: Answer): Tokens => body as unknown as Tokens
const isActive = async (token: string, of = issuer): Promise<unknown> =>
  (await introspect(of, token))['active']

const expectReplay = async (answer: Answer, alive: Tokens, of = issuer): Promise<void> => {
  expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
  expect(await isActive(alive.access_token, of)).toBe(false)
  expect(await isActive(alive.refresh_token, of)).toBe(false)
}

const replaced = {
  error: 'invalid_grant',
  error_description: 'this refresh token was replaced: use the newest one',
}

describe('a confidential client that lost the answer of a refresh', () => {
  test('gets the same refresh token again, and an access token that works, as often as it asks', async () => {
    const { refresh_token: first } = await connect(issuer)
    const answer = await refresh(issuer, first)
    for (let turn = 0; turn < 5; turn += 1) {
      expect(pairOf(await refresh(issuer, first))).toEqual(pairOf(answer))
    }
    const { access_token, refresh_token } = tokensOf(answer)
    expect(await isActive(access_token)).toBe(true)
    const next = await refresh(issuer, refresh_token)
    expect(next.status).toBe(200)
    expect(await isActive(access_token)).toBe(false)
    expect(await isActive(tokensOf(next).access_token)).toBe(true)
  })

  test('may ask for less the second time: another access token, the same refresh token', async () => {
    const { refresh_token: first } = await connect(issuer, {
      params: { scope: 'companies:read users:read' },
    })
    const whole = await refresh(issuer, first)
    const narrow = await refresh(issuer, first, confidential, { scope: 'users:read' })
    expect(narrow.body['refresh_token']).toBe(whole.body['refresh_token'])
    expect(narrow.body['access_token']).not.toBe(whole.body['access_token'])
    const [wide, less] = await Promise.all(
      [whole, narrow].map((answer) => introspect(issuer, tokensOf(answer).access_token)),
    )
    expect([wide?.['scope'], less?.['scope']]).toEqual(['companies:read users:read', 'users:read'])
  })

  test('is not heard any more once an API has seen the access token', async () => {
    const { refresh_token: first } = await connect(issuer)
    const tokens = tokensOf(await refresh(issuer, first))
    const seen = await introspect(issuer, tokens.access_token, resourceServer)
    expect(seen['active']).toBe(true)
    await expectReplay(await refresh(issuer, first), tokens)
  })

  test('is still heard when somebody without a right to it asked about the access token', async () => {
    const { refresh_token: first } = await connect(issuer)
    const answer = await refresh(issuer, first)
    const { access_token } = tokensOf(answer)
    expect(await introspect(issuer, access_token, organizationClient)).toEqual({ active: false })
    expect(pairOf(await refresh(issuer, first))).toEqual(pairOf(answer))
  })

  test('is heard for the last token only', async () => {
    const { refresh_token: first } = await connect(issuer)
    const second = tokensOf(await refresh(issuer, first))
    const third = await refresh(issuer, second.refresh_token)
    expect(pairOf(await refresh(issuer, second.refresh_token))).toEqual(pairOf(third))
    await expectReplay(await refresh(issuer, first), tokensOf(third))
  })

  test('gets no access token back that was revoked', async () => {
    const { refresh_token: first } = await connect(issuer)
    const tokens = tokensOf(await refresh(issuer, first))
    await revoke(issuer, tokens.access_token)
    const answer = await refresh(issuer, first)
    expect([answer.status, answer.body]).toEqual([400, replaced])
    expect(await isActive(tokens.access_token)).toBe(false)
    expect((await refresh(issuer, tokens.refresh_token)).status).toBe(200)
  })

  test('gets nothing any more after a revocation', async () => {
    const { refresh_token: first } = await connect(issuer)
    const second = tokensOf(await refresh(issuer, first))
    await revoke(issuer, first)
    for (const token of [first, second.refresh_token]) {
      expect((await refresh(issuer, token)).body['error']).toBe('invalid_grant')
    }
    expect(await isActive(second.access_token)).toBe(false)
  })
})

describe('the window', () => {
  test('is open for refreshRetryWindow seconds from the first time, however often it is used', async () => {
    let passed = 0
    const storage = createMemoryAdapter({ now: () => Date.now() + passed })
    const short = await openServer({ ...withoutOverlap, storage, refreshRetryWindow: 10 })
    const { refresh_token: first } = await connect(short.issuer)
    const answer = await refresh(short.issuer, first)
    for (const seconds of [4, 9.5]) {
      passed = seconds * 1000
      expect(pairOf(await refresh(short.issuer, first))).toEqual(pairOf(answer))
    }
    passed = 10_500
    await expectReplay(await refresh(short.issuer, first), tokensOf(answer), short.issuer)
  })

  test('is never open with 0', async () => {
    const strict = await openServer({ ...withoutOverlap, refreshRetryWindow: 0 })
    const { refresh_token: first } = await connect(strict.issuer)
    const tokens = tokensOf(await refresh(strict.issuer, first))
    await expectReplay(await refresh(strict.issuer, first), tokens, strict.issuer)
  })

  test('is never open for a public client', async () => {
    const { refresh_token: first } = await connect(issuer, { client: publicClient })
    const tokens = tokensOf(await refresh(issuer, first, publicClient))
    const answer = await refresh(issuer, first, publicClient)
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
    const next = await refresh(issuer, tokens.refresh_token, publicClient)
    expect(next.body['error']).toBe('invalid_grant')
  })
})

describe('a public client with DPoP that lost the answer', () => {
  const refreshWith = (token: string, headers: Record<string, string>): Promise<Answer> =>
    post(
      `${issuer}/oauth/token`,
      { grant_type: 'refresh_token', refresh_token: token, client_id: publicClient.client_id },
      headers,
    )

  test('gets the same again for the same key, and nobody for another', async () => {
    const [keys, others] = [await createProofKeys(), await createProofKeys()]
    const proof = () => prove(keys, `${issuer}/oauth/token`)
    const strangers = () => prove(others, `${issuer}/oauth/token`)
    const given = await consent(issuer, { client: publicClient })
    const { code, verifier } = given
    const redeemed = await post(
      `${issuer}/oauth/token`,
      {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: publicClient.redirect_uris?.[0],
        client_id: publicClient.client_id,
      },
      await proof(),
    )
    const { refresh_token: first, token_type } = tokensOf(redeemed)
    expect(token_type).toBe('DPoP')
    const answer = await refreshWith(first, await proof())
    expect(answer.status).toBe(200)
    expect((await refreshWith(first, await strangers())).status).toBe(400)
    expect(pairOf(await refreshWith(first, await proof()))).toEqual(pairOf(answer))
  })
})

test('a refresh token of which one character differs ends nothing', async () => {
  const given = await redeem(issuer, await consent(issuer))
  const { refresh_token: first } = tokensOf(given)
  const second = tokensOf(await refresh(issuer, first))
  const third = tokensOf(await refresh(issuer, second.refresh_token))
  for (const at of [0, 30, 67, first.length - 2, first.length - 1]) {
    const other = first[at] === 'x' ? 'y' : 'x'
    const forged = first.slice(0, at) + other + first.slice(at + 1)
    expect((await refresh(issuer, forged)).body['error']).toBe('invalid_grant')
  }
  expect(await isActive(third.access_token)).toBe(true)
  expect((await refresh(issuer, third.refresh_token)).status).toBe(200)
})
