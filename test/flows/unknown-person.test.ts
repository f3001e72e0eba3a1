import { expect, it } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { authorizationUrl, createPkce } from '../support/flow.ts'
import { createAccounts, password } from '../support/people.ts'
import { confidential, startServer } from '../support/server.ts'

const url = (issuer: string) =>
  authorizationUrl(issuer, confidential, { code_challenge: createPkce().challenge })

it('answers 500, and does not lead in a circle, when the host signs in a person it does not know', async () => {
  const server = await startServer({
    accounts: {
      find: () => undefined,
      subjects: () => [],
      signedIn: () => 'a-stranger',
      signInUrl: '/login',
    },
  })
  const causes: string[] = []
  server.provider.on('server_error', (_ctx, error) => causes.push(error.message))
  const page = await createBrowser().go(url(server.issuer))
  await server.close()
  expect(page.status).toBe(500)
  expect(causes).toEqual(['accounts.find does not know the person who just signed in'])
})

it('answers 500 when the host names what is no company', async () => {
  const server = await startServer({
    accounts: {
      ...createAccounts(),
      subjects: () => [{ urn: 'urn:pleo:company:1', name: 'One', mayConnect: true }],
    },
  })
  const causes: string[] = []
  server.provider.on('server_error', (_ctx, error) => causes.push(error.message))
  const browser = createBrowser()
  const login = await browser.go(url(server.issuer))
  const page = await browser.submit(login, { username: 'sofia@example.test', password })
  await server.close()
  expect(page.status).toBe(500)
  expect(page.text).not.toContain('urn:pleo')
  expect(causes).toEqual(['accounts.subjects answered with a urn that is not one of a company'])
})
