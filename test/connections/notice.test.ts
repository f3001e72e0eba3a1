import { describe, expect, test } from 'vitest'
import { createBrowser, formToken, type Browser, type Page } from '../support/browser.ts'
import { connect } from '../support/flow.ts'
import { bakery, createAccounts, nordlysGermany, password } from '../support/people.ts'
import { confidential, publicClient, useServer } from '../support/server.ts'

const people = createAccounts()
const server = useServer({
  accounts: {
    ...people,
    // Emil is made an administrator of Sofia's company as well.
    subjects: (id, options) => people.subjects(id === 'emil' ? 'sofia' : id, options),
  },
})

async function signIn(as: string): Promise<{ browser: Browser }> {
  const browser = createBrowser()
  const page = await browser.go(`${server.issuer}/oauth/connections`)
  await browser.submit(page, { username: `${as}@example.test`, password })
  return { browser }
}

const disconnectUrl = (clientId: string, subject: string): string =>
  `${server.issuer}/oauth/connections/disconnect?${new URLSearchParams({ client_id: clientId, subject }).toString()}`

describe('that a client no longer has access is said only when it was done here', () => {
  const notice = 'no longer has access'
  const listUrl = (query: Record<string, string>): string =>
    `${server.issuer}/oauth/connections?${new URLSearchParams(query).toString()}`
  const disconnectNow = async (as: string): Promise<[Page, Browser]> => {
    await connect(server.issuer)
    const { browser } = await signIn(as)
    const page = await browser.go(disconnectUrl(confidential.client_id, bakery))
    const named = { client_id: confidential.client_id, subject: bakery }
    return [await browser.submit(page, named), browser]
  }
  const names = { client_id: confidential.client_id, subject: bakery }

  test('not by a link to the page, connected or not', async () => {
    const { browser } = await signIn('sofia')
    for (const done of [undefined, '', '1', 'a.b']) {
      const query = done === undefined ? names : { ...names, done }
      expect((await browser.go(listUrl(query))).text).not.toContain(notice)
    }
    await connect(server.issuer)
    expect((await browser.go(listUrl(names))).text).not.toContain(notice)
  })

  test('not by a link with what another person or another sign-in got', async () => {
    const [{ url }] = await disconnectNow('emil')
    for (const person of ['sofia', 'emil']) {
      const { browser } = await signIn(person)
      expect((await browser.go(url.href)).text).not.toContain(notice)
    }
  })

  test('not of another client or subject than it was', async () => {
    const [{ url }, browser] = await disconnectNow('sofia')
    const done = url.searchParams.get('done') ?? ''
    for (const other of [
      { client_id: publicClient.client_id },
      { subject: nordlysGermany },
      { subject: '' },
    ]) {
      const page = await browser.go(listUrl({ ...names, ...other, done }))
      expect(page.text).not.toContain(notice)
    }
  })

  test('not with the token of a form', async () => {
    const { browser } = await signIn('sofia')
    const page = await browser.go(disconnectUrl(confidential.client_id, bakery))
    const forged = await browser.go(listUrl({ ...names, done: formToken(page) }))
    expect(forged.text).not.toContain(notice)
  })

  test('and not any more once it is connected again', async () => {
    const [{ url, text }, browser] = await disconnectNow('sofia')
    expect(text).toContain(notice)
    expect((await browser.go(url.href)).text).toContain(notice)
    await connect(server.issuer)
    expect((await browser.go(url.href)).text).not.toContain(notice)
  })
})

test('a link that names a client there is none of leads to the list, and puts no words on a page', async () => {
  const { browser } = await signIn('sofia')
  const page = await browser.go(disconnectUrl('your account is locked: call us', bakery))
  expect(page.url.pathname).toBe('/oauth/connections')
  expect(page.text).not.toContain('locked')
})
