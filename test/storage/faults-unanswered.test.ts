import { afterEach, describe, expect, test } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { connect, consent, redeem, refresh, type Answer } from '../support/flow.ts'
import { startFaultyProxy } from '../support/faulty-proxy.ts'
import { startOutageServer } from '../support/outage.ts'
import { useRedis } from '../support/redis-server.ts'
import { areActive, pause } from '../support/requests.ts'
import { confidential, publicClient, resourceServer } from '../support/server.ts'

// Redis did what it was asked to, and nobody heard of it: the client was told to try again, and does.

const redis = useRedis()
const proxy = useRunning(() => startFaultyProxy(redis))
const server = useRunning(() => startOutageServer(proxy.port))
const other = useRunning(() => startOutageServer(redis.port))

afterEach(() => proxy.passAll())

type Use = (issuer: string) => Promise<Answer>

const things: readonly { readonly what: string; readonly prepare: () => Promise<Use> }[] = [
  {
    what: 'a code',
    prepare: async () => {
      const agreed = await consent(server.issuer)
      return (issuer) => redeem(issuer, agreed)
    },
  },
  {
    what: 'a code of a public client',
    prepare: async () => {
      const agreed = await consent(server.issuer, { client: publicClient })
      return (issuer) => redeem(issuer, agreed, publicClient)
    },
  },
  {
    what: 'the refresh token of a public client',
    prepare: async () => {
      const { refresh_token } = await connect(server.issuer, { client: publicClient })
      return (issuer) => refresh(issuer, refresh_token, publicClient)
    },
  },
  {
    what: 'the refresh token of a confidential client',
    prepare: async () => {
      const { refresh_token } = await connect(server.issuer)
      return (issuer) => refresh(issuer, refresh_token)
    },
  },
]

describe.each(things)('$what', ({ what, prepare }) => {
  const client = what.includes('public') ? publicClient : confidential
  /** The first command reads, the second one changes. */
  const change = 1

  const expectTokens = async ({ status, body }: Answer): Promise<void> => {
    expect([status, body]).toEqual([200, expect.anything()])
    const [token, refreshToken] = [body['access_token'], body['refresh_token']].map(String)
    expect(await areActive(other.issuer, [token ?? ''], resourceServer)).toEqual([true])
    expect((await refresh(other.issuer, refreshToken ?? '', client)).status).toBe(200)
  }

  test('is good again when the client comes after the time it was told, to another process', async () => {
    const use = await prepare()
    proxy.silentAfter(change)
    const first = await use(server.issuer)
    proxy.passAll()
    expect(first.status).toBe(503)
    await pause(Number(first.headers.get('retry-after')) * 1000)
    await expectTokens(await use(other.issuer))
  })

  test('is good again at once in the same process', async () => {
    const use = await prepare()
    proxy.silentAfter(change)
    expect((await use(server.issuer)).status).toBe(503)
    proxy.passAll()
    await expectTokens(await use(server.issuer))
  })

  /** Changes several times at once, and nobody hears of it: where all of them read first. */
  async function changeUnheard(): Promise<Use | undefined> {
    const use = await prepare()
    const count = 5
    proxy.silentAfter(count)
    const answers = await Promise.all(Array.from({ length: count }, () => use(server.issuer)))
    proxy.passAll()
    return answers.every(({ status }) => status === 503) ? use : undefined
  }

  test('is good again where several changes were on their way', async () => {
    let use = await changeUnheard()
    // A busy machine tears them apart: then it is another case.
    for (let more = 5; !use && more > 0; more -= 1) use = await changeUnheard()
    if (!use) throw new Error('they never came together')
    await expectTokens(await use(server.issuer))
  })
})
