import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inRequest } from '../support/audited.ts'
import { createBrowser } from '../support/browser.ts'
import { runExample, startExample } from '../support/example.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { createFolder } from '../support/folder.ts'
import { useRedis } from '../support/redis-server.ts'

// The audit log of the example.

const redis = useRedis()

/** Tries to sign in with a wrong password, and goes on when that is answered. */
async function signInWrongly(issuer: string): Promise<void> {
  const browser = createBrowser()
  const page = await browser.go(`${issuer}/oauth/sign-in`)
  await browser.submit(page, { username: 'sofia@example.com', password: 'wrong' })
}

const refused = {
  ...inRequest,
  level: 'info',
  type: 'person.sign_in_refused',
  actor: { kind: 'person' },
  reason: 'mismatch',
  account: 'sofia@example.com',
}

const linesOf = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as unknown)

test('AUDIT_LOG names a file that has the event when the answer comes, and goes on at the next start', async () => {
  const log = join(createFolder({}), 'audit.jsonl')
  const settings = {
    AUDIT_LOG: log,
    REDIS_URL: redis.url,
    STORAGE_KEYS: 'a storage key of this test that is long enough',
  }
  const first = endAfterTest(await startExample(settings))
  await signInWrongly(first.issuer)
  expect(linesOf(readFileSync(log, 'utf8'))).toEqual([refused])
  expect(statSync(log).mode & 0o777).toBe(0o600)
  await first.close()
  const second = endAfterTest(await startExample({ ...settings, TRUST_PROXY: 'true' }))
  await signInWrongly(second.issuer)
  // The ports are free ones: the issuer and the redirect URIs are others.
  expect(linesOf(readFileSync(log, 'utf8'))).toMatchObject([
    refused,
    {
      type: 'configuration.changed',
      actor: { kind: 'system' },
      options: ['clients', 'issuer', 'trustedProxies'],
    },
    refused,
  ])
  expect(second.errors()).toBe('')
})

test('AUDIT_LOG=- writes to stdout, and without it nothing is written', async () => {
  const [loud, quiet] = await Promise.all([startExample({ AUDIT_LOG: '-' }), startExample()])
  for (const example of [loud, quiet]) {
    endAfterTest(example)
    await signInWrongly(example.issuer)
    await example.close()
  }
  expect([linesOf(loud.said()), linesOf(quiet.said())]).toEqual([[refused], []])
})

test('a file that cannot be written ends the start', async () => {
  const folder = createFolder({})
  const { code, stderr } = await runExample({ AUDIT_LOG: folder })
  expect([code, stderr]).toEqual([1, `AUDIT_LOG ${folder} cannot be written: EISDIR\n`])
})
