import type { Context } from 'koa'
import { expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { useRunning } from '../support/fixtures.ts'
import { goToConsent } from '../support/flow.ts'
import { mountAtRoot, mountBelow, startHost } from '../support/hosts.ts'
import { createAccounts, password } from '../support/people.ts'

// authenticate gets the context of the host, as signedIn does: attempts can be counted by address.

const contexts: Context[] = []
const people = createAccounts()
const host = useRunning(() =>
  startHost(
    (parent, { app }) => {
      parent.use(async (ctx, next) => {
        ctx.state['address'] = ctx.ip
        await next()
      })
      parent.use(mountBelow('/auth', app))
      parent.use(mountAtRoot(app))
    },
    {
      path: '/auth',
      accounts: {
        find: (id) => people.find(id),
        subjects: (id, options) => people.subjects(id, options),
        authenticate: (credentials, ctx) => {
          contexts.push(ctx)
          return people.authenticate(credentials, ctx)
        },
      },
    },
  ),
)

const expectHostContext = (): void => {
  const [ctx, ...more] = contexts.splice(0)
  expect(more).toEqual([])
  expect(ctx?.state['address']).toMatch(/127\.0\.0\.1|::1/)
  expect(ctx?.get('user-agent')).toBeTruthy()
}

test('on the page of a request', async () => {
  const { page } = await goToConsent(host.issuer)
  expect(page.text).toContain('Sofia Lind')
  expectHostContext()
})

test('on the page of connections', async () => {
  const browser = createBrowser()
  const page = await browser.go(`${host.issuer}/oauth/connections`)
  await browser.submit(page, { username: 'sofia@example.test', password })
  expectHostContext()
})

test('with a wrong password as well', async () => {
  const browser = createBrowser()
  const page = await browser.go(`${host.issuer}/oauth/connections`)
  await browser.submit(page, { username: 'sofia@example.test', password: 'wrong' })
  expectHostContext()
})
