import { expect, it } from 'vitest'
import { startBackend } from '../support/backend.ts'
import { startExample } from '../support/example.ts'

it('the addresses that the example prints lead a person on, and programs get what they got', async () => {
  const example = await startExample()
  const browser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }
  const links: string[] = []
  for (const address of [example.issuer, example.api, example.app]) {
    const answer = await fetch(address, browser)
    const text = await answer.text()
    expect([answer.status, text]).toEqual([200, expect.stringContaining('<h1')])
    expect(text).not.toContain('undefined')
    links.push(...[...text.matchAll(/href="(http[^"]+)"/g)].map(([, url = '']) => url))
  }
  expect(links.length).toBeGreaterThan(4)
  for (const link of links) expect([link, (await fetch(link, browser)).status]).toEqual([link, 200])
  // A client finds the authorization server by the challenge.
  const challenged = await fetch(example.api)
  expect([challenged.status, challenged.headers.has('www-authenticate')]).toEqual([401, true])
  const asked = await fetch(example.issuer)
  expect([asked.status, await asked.text()]).toEqual([
    404,
    `This is an authorization server. Its metadata: ${example.issuer}/.well-known/oauth-authorization-server\n`,
  ])
  expect((await fetch(`${example.issuer}/nowhere`, browser)).status).toBe(404)
  await example.close()
})

it('an issuer with a path has its page there', async () => {
  const example = await startExample({ ISSUER: 'https://auth.example.com/pleo' })
  const listening = /listening on ([^)]+)/.exec(example.output)?.[1] ?? ''
  const headers = { accept: 'text/html' }
  const answer = await fetch(`${listening}/pleo`, { headers })
  expect(await answer.text()).toContain(
    'https://auth.example.com/.well-known/oauth-authorization-server/pleo',
  )
  expect((await fetch(listening, { headers })).status).toBe(404)
  await example.close()
})

it('the addresses that the backend prints lead a person on, and programs get what they got', async () => {
  const { origin, issuer, close } = await startBackend()
  const browser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }
  for (const address of [issuer, `${origin}/api`]) {
    const answer = await fetch(address, browser)
    const text = await answer.text()
    expect([answer.status, text]).toEqual([200, expect.stringContaining('<h1')])
    const [, link = ''] = /href="(http[^"]+)"/.exec(text) ?? []
    expect([link, (await fetch(link, browser)).status]).toEqual([link, 200])
  }
  for (const address of [issuer, `${origin}/api`])
    expect((await fetch(address)).status).not.toBe(200)
  await close()
})
