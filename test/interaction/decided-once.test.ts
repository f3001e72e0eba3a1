import { setTimeout as wait } from 'node:timers/promises'
import { urlOfInteraction } from '../support/browser.ts'
import { describe, expect, test } from 'vitest'
import type { Storage } from '../../lib/index.ts'
import type { Page } from '../support/browser.ts'
import { goToConsent, redeem } from '../support/flow.ts'
import { createCountingStorage, postWithoutFollowing } from '../support/hosts.ts'
import { bakery } from '../support/people.ts'
import { useServer } from '../support/server.ts'

const { storage, stored } = createCountingStorage()
let failing = false
let slow = false

/** As over a network: while one request waits for a record, the others get their turn. */
const network: Storage = {
  ...storage,
  grants: {
    ...storage.grants,
    save: async (id, payload, lifetime) => {
      if (failing) throw new Error('storage is down')
      await storage.grants.save(id, payload, lifetime)
    },
  },
  records: (model) => {
    const records = storage.records(model)
    return {
      ...records,
      find: async (id) => {
        const found = await records.find(id)
        if (slow) await wait(50)
        return found
      },
    }
  },
}

const server = useServer({ storage: network })

const allow = { subject: bakery, decision: 'allow' }

async function allAtOnce(requests: readonly (() => Promise<Page>)[]): Promise<Page[]> {
  slow = true
  try {
    return await Promise.all(requests.map((request) => request()))
  } finally {
    slow = false
  }
}

const withCode = (answers: readonly Page[]): Page[] =>
  answers.filter(({ location }) => location?.searchParams.has('code'))

describe('a decision is taken once', () => {
  test('a second post gets no second code, and the first code lives', async () => {
    const { page, browser, verifier } = await goToConsent(server.issuer)
    const first = await browser.submit(page, allow)
    const before = stored('Grant')
    const second = await browser.submit(page, allow)
    expect([second.status, second.location]).toEqual([200, undefined])
    expect(stored('Grant')).toBe(before)
    const code = first.location?.searchParams.get('code') ?? ''
    expect((await redeem(server.issuer, { code, verifier, redirect: page.url })).status).toBe(200)
  })

  test('of eight posts at once one makes the grant and the code', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const [grants, codes] = [stored('Grant'), stored('AuthorizationCode')]
    const answers = await allAtOnce(
      Array.from({ length: 8 }, () => () => browser.submit(page, allow)),
    )
    expect(stored('Grant')).toBe(grants + 1)
    expect(stored('AuthorizationCode')).toBe(codes + 1)
    expect(withCode(answers)).toHaveLength(1)
  })

  test('that could not be stored can be taken again', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    failing = true
    const failed = await browser.submit(page, allow)
    failing = false
    expect(failed.status).toBe(503)
    const again = await browser.submit(page, allow)
    expect(again.location?.searchParams.get('code')).toBeTruthy()
  })

  test('of "allow" and "decline" at once one counts', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const answers = await allAtOnce(
      ['allow', 'decline'].map((decision) => () => browser.submit(page, { ...allow, decision })),
    )
    expect(answers.filter(({ location }) => location !== undefined)).toHaveLength(1)
  })

  test('of four requests to one resume URL one gets the code', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const response = await postWithoutFollowing(browser, page, allow)
    const resume = response.headers.get('location') ?? ''
    const codes = stored('AuthorizationCode')
    const answers = await allAtOnce(Array.from({ length: 4 }, () => () => browser.go(resume)))
    expect(withCode(answers)).toHaveLength(1)
    expect(stored('AuthorizationCode')).toBe(codes + 1)
  })
})

describe('who clicks twice', () => {
  test('goes on with the first decision', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    await postWithoutFollowing(browser, page, allow)
    const second = await browser.submit(page, { ...allow, decision: 'decline' })
    expect(second.location?.searchParams.get('code')).toBeTruthy()
  })

  test('is led on by the page itself when it is loaded again', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    await postWithoutFollowing(browser, page, allow)
    const again = await browser.go(urlOfInteraction(page).href)
    expect(again.location?.searchParams.get('code')).toBeTruthy()
  })
})
