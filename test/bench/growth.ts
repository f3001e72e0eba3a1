import { Redis } from 'ioredis'
import { createRedisAdapter } from '../../adapters/redis.ts'
import { createGrantId } from '../../lib/grants/token-values.ts'
import { createBrowser, type Browser } from './browser.ts'
import { audience, client, lifetimes, paths, storageKey, toSubject, toUsername } from './fixture.ts'
import { runFlow, sendAsClient } from './flow.ts'
import { unexpected, type Connection } from './http-client.ts'
import { repeat, type Work } from './works.ts'

// What does not grow with the number of grants: the same server, with few of them and with many.

/** Companies whose client makes a grant for each sign-in, and how many grants each has; and the grants of other clients. */
const companies = ['900000000001', '900000000002', '900000000003', '900000000004']
export const few: Filling = { perCompany: 1, others: 100 }
export const many: Filling = { perCompany: 10_000, others: 1_000_000 }
const otherClients = 2000

interface Filling {
  readonly perCompany: number
  readonly others: number
}

/** Copies a grant under another name, with its entries in both indexes. Nobody reads it. */
const copyScript = `
for i = ARGV[1], ARGV[2] do
  local name = 'copy-' .. i
  local client = 'client-' .. i % ${otherClients}
  redis.call('COPY', KEYS[1], 'pleo:grant:' .. name)
  redis.call('ZADD', 'pleo:grants-of-client:' .. client, ARGV[3] + i, name)
  redis.call('ZADD', 'pleo:grants-for-subject:' .. i, ARGV[3] + i, client .. '.' .. name)
end`

/** Fills the Redis of a server. */
export async function fill(url: string, { perCompany, others }: Filling): Promise<void> {
  const redis = new Redis(url)
  const { grants } = createRedisAdapter({ client: redis, keys: [storageKey], timeout: 30_000 })
  const scope = client.scope
  const grant = async (accountId: string): Promise<void> => {
    const id = createGrantId()
    const iat = Math.floor(Date.now() / 1000)
    const of = { accountId, clientId: client.client_id, subject: toSubject(accountId) }
    const given = { openid: { scope }, resources: { [audience]: scope }, requestedScope: scope }
    const payload = { jti: id, kind: 'Grant', ...of, ...given, iat, exp: iat + lifetimes.grant }
    await grants.save(id, payload, lifetimes.grant)
    for (const kind of ['AccessToken', 'RefreshToken'] as const) {
      const token = { jti: id + kind, grantId: id, ...of, scope, iat }
      await grants.add(id, kind, {
        id: token.jti,
        payload: token,
        lifetime: lifetimes.refreshToken,
      })
    }
  }
  for (let count = 0; count < perCompany; count += 50) {
    const part = Array.from({ length: Math.min(50, perCompany - count) }, () => companies)
    await Promise.all(part.flat().map(grant))
  }
  const [original = ''] = await redis.keys('pleo:grant:*')
  const end = Date.now() + lifetimes.grant * 1000
  for (let first = 1; first <= others; first += 5000) {
    await redis.eval(copyScript, 1, original, first, Math.min(first + 4999, others), end)
  }
  redis.disconnect()
}

let visits = 0

/** The answers of a person of one of the companies. */
function createVisit(): { answers: Readonly<Record<string, string>>; subject: string } {
  visits += 1
  const accountId = companies[visits % companies.length] ?? ''
  const subject = toSubject(accountId)
  const answers = { username: toUsername(accountId), password: 'any', subject, decision: 'allow' }
  return { answers, subject }
}

const companyFlow: Work = {
  name: 'flow for the company',
  reach: 1,
  async prepare(connection) {
    const { answers } = createVisit()
    return repeat(async () => {
      const { refreshToken } = await runFlow(connection, answers)
      // The company keeps its number of grants.
      const answer = await sendAsClient(connection, paths.revocation, { token: refreshToken })
      if (answer.status !== 200) throw unexpected(paths.revocation, answer)
    })
  },
}

async function signIn(connection: Connection): Promise<{ browser: Browser; subject: string }> {
  const { answers, subject } = createVisit()
  const browser = createBrowser(connection)
  await browser.submit(await browser.go('/oauth/connections'), answers)
  return { browser, subject }
}

const pageOf = (name: string, toPath: (subject: string) => string, words: string): Work => ({
  name,
  reach: 1,
  async prepare(connection) {
    const { browser, subject } = await signIn(connection)
    return repeat(async () => {
      const page = await browser.go(toPath(subject))
      if (page.status !== 200 || !page.text.includes(words)) throw unexpected(page.url, page)
    })
  },
})

export const growthWorks: readonly Work[] = [
  companyFlow,
  pageOf('connections', () => '/oauth/connections', client.client_name),
  pageOf(
    'disconnect page',
    (subject) =>
      `/oauth/connections/disconnect?${new URLSearchParams({ client_id: client.client_id, subject }).toString()}`,
    client.client_name,
  ),
]
