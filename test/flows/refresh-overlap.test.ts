import { beforeAll, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createProofKeys } from '../support/dpop.ts'
import { connect, consent, introspect, refresh, revoke, type Answer } from '../support/flow.ts'
import { areActive } from '../support/requests.ts'
import { confidential, publicClient, startServer, useServer } from '../support/server.ts'
import { withJwts } from '../support/jwt-server.ts'
import {
  expectOneConnection,
  identityOf,
  isTaken,
  programs,
  toTokens,
  withKey,
} from '../support/workers.ts'

// Workers of one partner that share a connection and have no lock.

// The clock of the storage stands still, so that a busy machine changes nothing.
const started = Date.now()
let passed = 0
const createStorage = () => createMemoryAdapter({ now: () => started + passed })

const replaced = {
  error: 'invalid_grant',
  error_description: 'this refresh token was replaced: use the newest one',
}
const replayed = {
  error: 'invalid_grant',
  error_description: 'the refresh token was already used',
}

describe.each([
  ['opaque', {}],
  ['JWTs', withJwts],
])('workers that refresh with one token (access tokens: %s)', (_, format) => {
  const server = useServer({ ...format, storage: createStorage() })
  let issuer: string
  beforeAll(() => void ({ issuer } = server))

  describe.each(Object.entries(programs))('%s', (name, createProgram) => {
    const isShort = name === 'a public client'
    const longest = isShort ? 2000 : 5000

    test.each([
      [2, 0],
      [2, 5],
      [2, 20],
      [2, 100],
      [2, longest],
      [10, longest / 10],
      [50, 0],
      [50, longest / 50],
    ])('%i of them, %i ms apart, each calls the API: all go on', async (count, apart) => {
      const program = await createProgram()
      const { refresh_token } = await program.connect(issuer)
      const work = async (): Promise<Answer> => {
        const answer = await program.refresh(issuer, refresh_token)
        expect(await isTaken(issuer, toTokens(answer))).toBe(true)
        return answer
      }
      const answers: Answer[] = []
      if (apart === 0) answers.push(...(await Promise.all(Array.from({ length: count }, work))))
      while (answers.length < count) {
        answers.push(await work())
        passed += apart
      }
      await expectOneConnection(issuer, program, answers)
    })

    test('a late one is a replay, which ends the grant, every time', async () => {
      for (let round = 0; round < 5; round += 1) {
        const program = await createProgram()
        const { refresh_token } = await program.connect(issuer)
        const first = toTokens(await program.refresh(issuer, refresh_token))
        expect(await isTaken(issuer, first)).toBe(true)
        // A repeat does not extend the overlap.
        passed += isShort ? 2000 : 9000
        expect((await program.refresh(issuer, refresh_token)).status).toBe(200)
        passed += 1100
        const late = await program.refresh(issuer, refresh_token)
        expect([late.status, late.body]).toEqual([400, replayed])
        expect(await isTaken(issuer, first)).toBe(false)
        const next = await program.refresh(issuer, first.refresh_token)
        expect(next.body['error']).toBe('invalid_grant')
      }
    })

    test('one that is two refreshes behind is refused, and ends nothing within its own overlap', async () => {
      const program = await createProgram()
      const first = await program.connect(issuer)
      const second = toTokens(await program.refresh(issuer, first.refresh_token))
      passed += 1000
      const third = toTokens(await program.refresh(issuer, second.refresh_token))
      const behind = await program.refresh(issuer, first.refresh_token)
      expect([behind.status, behind.body]).toEqual([400, replaced])
      expect(await isTaken(issuer, third)).toBe(true)
      const repeated = toTokens(await program.refresh(issuer, second.refresh_token))
      expect(repeated.refresh_token).toBe(third.refresh_token)
      passed += isShort ? 2100 : 9100
      expect((await program.refresh(issuer, first.refresh_token)).body).toEqual(replayed)
      expect(await isTaken(issuer, third)).toBe(false)
    })

    test('a repeat does not bring back an access token that was revoked, and ends nothing', async () => {
      const program = await createProgram()
      const { refresh_token } = await program.connect(issuer)
      const tokens = toTokens(await program.refresh(issuer, refresh_token))
      const client = name === 'a confidential client' ? confidential : publicClient
      expect((await revoke(issuer, tokens.access_token, client)).status).toBe(200)
      for (let tries = 0; tries < 2; tries += 1) {
        const answer = await program.refresh(issuer, refresh_token)
        expect([answer.status, answer.body]).toEqual([400, replaced])
        expect(await isTaken(issuer, tokens)).toBe(false)
      }
      const next = await program.refresh(issuer, tokens.refresh_token)
      expect(await isTaken(issuer, toTokens(next))).toBe(true)
    })

    test('two hundred repeats share one access token, and the one before stays ended', async () => {
      const program = await createProgram()
      const before = await program.connect(issuer)
      const answers: Answer[] = []
      for (let count = 0; count < 200; count += 1) {
        answers.push(await program.refresh(issuer, before.refresh_token))
      }
      expect(new Set(answers.map((answer) => identityOf(toTokens(answer)))).size).toBe(1)
      expect(await isTaken(issuer, before)).toBe(false)
      await expectOneConnection(issuer, program, answers)
    })
  })

  test('fifty keys of one confidential client get one refresh token and access tokens that live', async () => {
    const { refresh_token } = await connect(issuer)
    const workers = await Promise.all(
      Array.from({ length: 50 }, async () => withKey(await createProofKeys())),
    )
    const answers: Answer[] = []
    for (const worker of workers) {
      const answer = await worker.refresh(issuer, refresh_token)
      answers.push(answer)
      expect(await isTaken(issuer, toTokens(answer))).toBe(true)
    }
    expect(new Set(answers.map((answer) => identityOf(toTokens(answer)))).size).toBe(50)
    await expectOneConnection(issuer, withKey(await createProofKeys()), answers)
  })

  test('a repeat after a person ended the connection, or the client revoked it, brings nothing back', async () => {
    for (const end of [
      (token: string) => revoke(issuer, token),
      () => server.connections.revoke({ clientId: confidential.client_id }),
    ]) {
      const { refresh_token } = await connect(issuer)
      const next = toTokens(await refresh(issuer, refresh_token))
      await end(next.refresh_token)
      expect((await refresh(issuer, refresh_token)).body['error']).toBe('invalid_grant')
      expect(await areActive(issuer, [next.access_token, next.refresh_token])).toEqual([
        false,
        false,
      ])
    }
  })
})

describe('the overlap', () => {
  test.each([
    [{ refreshOverlap: 60 }, confidential, 59, 200],
    [{ refreshOverlap: 60 }, confidential, 61, 400],
    [{ refreshOverlap: 1 }, confidential, 2, 400],
    [{ publicRefreshOverlap: 10 }, publicClient, 9, 200],
    [{ publicRefreshOverlap: 0 }, publicClient, 0, 400],
    [{ refreshOverlap: 0 }, confidential, 0, 400],
    [{ refreshOverlap: 60, refreshRetryWindow: 0 }, confidential, 59, 200],
    [{ refreshOverlap: 10, refreshRetryWindow: 5 }, confidential, 9, 200],
  ])('%j, repeated by %o after %i s: %i', async (options, client, seconds, status) => {
    const server = await startServer({ storage: createStorage(), ...options })
    try {
      const { refresh_token } = await connect(server.issuer, { client })
      const tokens = toTokens(await refresh(server.issuer, refresh_token, client))
      expect(await isTaken(server.issuer, tokens)).toBe(true)
      passed += seconds * 1000
      expect((await refresh(server.issuer, refresh_token, client)).status).toBe(status)
      expect(await isTaken(server.issuer, tokens)).toBe(status === 200)
    } finally {
      await server.close()
    }
  })

  test('leaves a token of another client, and a code, as they are', async () => {
    const server = await startServer()
    try {
      const { refresh_token } = await connect(server.issuer)
      const tokens = toTokens(await refresh(server.issuer, refresh_token))
      const stranger = await refresh(server.issuer, refresh_token, publicClient)
      expect(stranger.body['error']).toBe('invalid_grant')
      expect(await isTaken(server.issuer, tokens)).toBe(true)
      expect((await consent(server.issuer)).code).toBeDefined()
      // An old refresh token shows nothing of the connection at introspection.
      expect(await introspect(server.issuer, refresh_token)).toEqual({ active: false })
    } finally {
      await server.close()
    }
  })
})
