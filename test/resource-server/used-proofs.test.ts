import { beforeAll, describe, expect, test, vi } from 'vitest'
import {
  inProcess,
  type TokenVerifier,
  type UsedProof,
  type UsedProofs,
} from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { createBoundClients, statusOf, type BoundClient } from '../support/bound-tokens.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { send, toJson } from '../support/requests.ts'
import { audience } from '../support/server.ts'

let verify: TokenVerifier
let one: BoundClient
let other: BoundClient
let third: BoundClient
beforeAll(async () => {
  const made = await createBoundClients('one', 'other', 'third')
  verify = made.verify
  ;[one, other, third] = made.clients
})

async function start(usedProofs: UsedProofs): Promise<RunningApi> {
  return endAfterTest(await startApi({ verify, usedProofs }))
}

/** Has the client use so many proofs, one after the other. Resolves to the headers of each request. */
async function useProofs(
  api: RunningApi,
  client: BoundClient,
  times: number,
): Promise<readonly Record<string, string>[]> {
  const used = []
  for (let count = 0; count < times; count += 1) {
    const headers = await client.prepare(api)
    expect(await statusOf(api, headers)).toBe(200)
    used.push(headers)
  }
  return used
}

const statusesOf = async (
  api: RunningApi,
  requests: readonly Record<string, string>[],
): Promise<readonly number[]> => {
  const statuses = []
  for (const headers of requests) statuses.push(await statusOf(api, headers))
  return statuses
}

describe('in the memory of a process', () => {
  test('a client at its limit pushes out its own oldest proof, and none of another client', async () => {
    const api = await start(inProcess({ maxProofsPerClient: 3 }))
    const theirs = await useProofs(api, other, 3)
    const [oldest, ...newer] = await useProofs(api, one, 4)
    expect(await statusesOf(api, [...theirs, ...newer])).toEqual(
      Array.from({ length: 6 }, () => 401),
    )
    expect(await statusOf(api, oldest ?? {})).toBe(200)
  })

  test('if all clients together are at the limit, the one with the most proofs loses its oldest', async () => {
    const api = await start(inProcess({ maxProofs: 5 }))
    const few = await useProofs(api, third, 1)
    const [oldest, ...newer] = await useProofs(api, one, 4)
    const theirs = await useProofs(api, other, 1)
    expect(await statusesOf(api, [...few, ...newer, ...theirs])).toEqual([401, 401, 401, 401, 401])
    expect(await statusOf(api, oldest ?? {})).toBe(200)
  })

  test.each([
    [{ maxProofsPerClient: 0 }, 'inProcess: maxProofsPerClient must be a number from 1'],
    [{ maxProofs: '5' }, 'inProcess: maxProofs must be a number from 1'],
    [{ max: 5 }, 'inProcess has no member max'],
  ])('a wrong limit is named: %j', (options, message) => {
    expect(() => inProcess(options as never)).toThrow(message)
  })
})

describe('a memory of the host', () => {
  const noting = (): { readonly noted: UsedProof[]; readonly usedProofs: UsedProofs } => {
    const noted: UsedProof[] = []
    const use = async (proof: UsedProof): Promise<boolean> => noted.push(proof) > 0
    return { noted, usedProofs: { use } }
  }

  test('is told of client and lifetime, and of a hash in place of the proof', async () => {
    const { noted, usedProofs } = noting()
    const api = await start(usedProofs)
    const headers = await one.prepare(api)
    expect(await statusOf(api, headers)).toBe(200)
    const id = expect.stringMatching(/^[\w-]{43}$/)
    expect(noted).toEqual([{ clientId: 'one', id, lifetime: 660 }])
    const payload = String(headers['DPoP']).split('.')[1] ?? ''
    const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { jti: string }
    expect(JSON.stringify(noted)).not.toContain(jti)
  })

  test('is not asked for strangers: without a good token, with the key of another, with a wrong proof', async () => {
    const { noted, usedProofs } = noting()
    const api = await start(usedProofs)
    const [mine, theirs] = [await one.prepare(api), await other.prepare(api)]
    const refused = [
      { ...mine, authorization: 'DPoP nobody-issued-this' },
      { ...mine, DPoP: String(theirs['DPoP']) },
      { ...mine, DPoP: `${mine['DPoP']}x` },
    ]
    expect(await statusesOf(api, refused)).toEqual([401, 401, 401])
    expect(noted).toEqual([])
  })

  test.each<[string, () => unknown, string]>([
    [
      'rejects',
      () => Promise.reject(new Error('gone')),
      'the memory of used DPoP proofs cannot be reached',
    ],
    [
      'throws',
      () => {
        throw new Error('gone')
      },
      'the memory of used DPoP proofs cannot be reached',
    ],
    ['resolves to OK', async () => 'OK', 'use of usedProofs must resolve to true or false'],
    ['resolves to nothing', async () => {}, 'use of usedProofs must resolve to true or false'],
  ])(
    'that %s has the request refused with 503, and the application is told',
    async (_, use, text) => {
      const api = await start({ use } as UsedProofs)
      const answer = await send(`${api.origin}/token`, { headers: await one.prepare(api) })
      expect([answer.status, toJson(answer)['error']]).toEqual([503, 'temporarily_unavailable'])
      expect(answer.headers['retry-after']).toBe('1')
      expect(api.errors.map(String)).toEqual([`VerificationUnavailableError: ${text}`])
    },
  )
})

test('without a memory that processes share, the API says so once, unless it is told to be the only process', async () => {
  // Another test file of this process may have been told already.
  vi.resetModules()
  const { bearer } = await import('../../lib/resource-server/index.ts')
  const warnings: unknown[] = []
  const listen = (warning: Error & { readonly code?: string }): void =>
    void warnings.push(warning.code)
  process.on('warning', listen)
  bearer({ verify, audience, usedProofs: inProcess() })
  bearer({ verify, audience, dpop: false })
  await new Promise(setImmediate)
  const before = [...warnings]
  bearer({ verify, audience })
  bearer({ verify, audience })
  await new Promise(setImmediate)
  process.off('warning', listen)
  expect([before, warnings]).toEqual([[], ['proofs_in_one_process']])
})
