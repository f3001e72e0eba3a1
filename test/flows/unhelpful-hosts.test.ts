import { expect, it } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { connect, consent, goToConsent, introspect, redeem, refresh } from '../support/flow.ts'
import { bakery, createAccounts } from '../support/people.ts'
import { audience, confidential, openServer, resourceServer } from '../support/server.ts'

it('goes on with a connection when mayContinue forgets to answer', async () => {
  const accounts = { ...createAccounts(), mayContinue: (() => undefined) as never }
  const { issuer } = await openServer({ accounts })
  const { refresh_token: first } = await connect(issuer)
  const { status, body } = await refresh(issuer, first)
  expect(status).toBe(200)
  expect((await refresh(issuer, String(body['refresh_token']))).status).toBe(200)
})

it('connects a person whom the host calls by another id than the one that signed in', async () => {
  const people = createAccounts()
  const accounts = {
    ...people,
    find: (id: string) => {
      const person = people.find(id.toLowerCase())
      return person && 'name' in person ? { accountId: 'sofia', name: person.name } : undefined
    },
    subjects: (id: string, options: Parameters<typeof people.subjects>[1]) =>
      people.subjects(id.toLowerCase(), options),
    authenticate: () => 'SOFIA',
  }
  const { issuer } = await openServer({ accounts })
  expect((await connect(issuer)).token_type).toBe('Bearer')
})

it('takes nothing but true for the authority to connect', async () => {
  const subjects = () => [{ urn: bakery, name: 'Bright Bakery', mayConnect: 'no' as never }]
  const { issuer } = await openServer({ accounts: { ...createAccounts(), subjects } })
  const { page } = await goToConsent(issuer)
  expect(page.text).toContain('You cannot connect')
})

it('answers that a token is not active when its client is there no more', async () => {
  const storage = createMemoryAdapter()
  const { issuer } = await openServer({ storage })
  const { access_token: token } = await connect(issuer)
  const without = await openServer({ storage, clients: [resourceServer] })
  expect(await introspect(issuer, token, resourceServer)).toMatchObject({ active: true })
  expect(await introspect(without.issuer, token, resourceServer)).toEqual({ active: false })
})

it('tells a client nothing of the subjects of a person without a page', async () => {
  const { issuer } = await openServer({})
  const { browser } = await goToConsent(issuer)
  const ask = async (subject: string): Promise<string | null | undefined> => {
    const params = { prompt: 'none', 'urn:pleo:params:oauth:subject': subject }
    const { page } = await goToConsent(issuer, { browser, params })
    return page.location?.searchParams.get('error')
  }
  const foreign = 'urn:pleo:company:00000000-0000-4000-8000-000000000011'
  expect([await ask(bakery), await ask(foreign)]).toEqual(['consent_required', 'consent_required'])
})

it('refuses one other API among several, and uses nothing up', async () => {
  const { issuer } = await openServer({})
  const agreed = await consent(issuer)
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: agreed.code,
    code_verifier: agreed.verifier,
    redirect_uri: confidential.redirect_uris?.[0] ?? '',
    client_id: confidential.client_id,
    client_secret: confidential.client_secret,
  })
  for (const resource of [audience, 'https://other.test']) body.append('resource', resource)
  const refused = await fetch(`${issuer}/oauth/token`, { method: 'POST', body })
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_target' }])
  expect((await redeem(issuer, agreed)).status).toBe(200)
})
