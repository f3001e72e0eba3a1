import { beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { connect, consent, goToConsent, introspect, redeem } from '../support/flow.ts'
import { bakery, idOf, nordlysDenmark, nordlysGermany, nordlysGroup } from '../support/people.ts'
import { ask, toRedirect } from '../support/requests.ts'
import { confidential, organizationClient, useServer } from '../support/server.ts'

const spellings = ['urn:pleo:params:oauth:subject', 'urn_pleo_params_oauth_subject'] as const
const [documented, alias] = spellings

const server = useServer()
let issuer: string
beforeAll(() => void ({ issuer } = server))

describe.each(spellings)('%s', (name) => {
  test('has the named company chosen and the others folded away, and the tokens are for it', async () => {
    const params = { [name]: nordlysGermany }
    const { page } = await goToConsent(issuer, { as: 'jonas', params })
    expect(page.status).toBe(200)
    const [chosen = '', folded = ''] = page.text.split('<details class="others">')
    expect(chosen).toMatch(new RegExp(`value="${nordlysGermany}"\\s+required checked`))
    expect(chosen).not.toContain('Nordlys Denmark')
    expect(folded).toMatch(new RegExp(`value="${nordlysDenmark}"\\s+required\\s*>`))
    const options = { as: 'jonas', params, subject: nordlysGermany }
    const { body } = await redeem(issuer, await consent(issuer, options))
    const answer = await introspect(issuer, String(body['access_token']))
    expect(answer['urn:pleo:params:oauth:subject_urn']).toBe(nordlysGermany)
  })

  test('lets the person choose another of theirs, and none of others', async () => {
    const options = { as: 'jonas', params: { [name]: nordlysGermany } }
    const { page, browser } = await goToConsent(issuer, options)
    const refused = await browser.submit(page, { decision: 'allow', subject: bakery })
    expect([refused.status, refused.location]).toEqual([422, undefined])
    expect(refused.text).not.toContain('Bakery')
    const { body } = await redeem(
      issuer,
      await consent(issuer, { ...options, subject: nordlysDenmark }),
    )
    const answer = await introspect(issuer, String(body['access_token']))
    expect(answer['urn:pleo:params:oauth:subject_urn']).toBe(nordlysDenmark)
  })

  const nowhere = 'urn:pleo:company:00000000-0000-4000-8000-999999999999'
  test.each([
    ['a company of others', 'sofia', nordlysDenmark],
    ['a company that is not there', 'sofia', nowhere],
    ['an own company without the authority to connect it', 'emil', bakery],
    ['any company, for a person without one', 'nobody', bakery],
  ])('for %s is access_denied, in the same words', async (_, as, urn) => {
    const { page } = await goToConsent(issuer, { as, params: { [name]: urn } })
    expect(page.status).toBe(303)
    const { origin, pathname } = page.location ?? {}
    expect(`${origin}${pathname}`).toBe(confidential.redirect_uris?.[0])
    expect(Object.fromEntries(page.location?.searchParams ?? [])).toEqual({
      error: 'access_denied',
      error_description: 'the request was denied',
      state: 'some-state',
      iss: issuer,
    })
    expect(page.text).not.toMatch(/Nordlys|Bakery|Sofia/)
  })

  test.each([
    ['that is no URN', 'nonsense', 'must be a subject URN'],
    ['that is empty of an id', 'urn:pleo:company:', 'must be a subject URN'],
    ['whose id is no uuid', 'urn:pleo:company:1', 'must be a subject URN'],
    ['of a type that is not there', `urn:pleo:person:${idOf(bakery)}`, 'must be a subject URN'],
    ['with something behind it', `${bakery}:x`, 'must be a subject URN'],
    ['with a line end behind it', `${bakery}\n`, 'must be a subject URN'],
    ['that is an organization', nordlysGroup, 'must be a company for this client'],
  ])('with a value %s is invalid_request', async (_, value, rule) => {
    const { status, params } = toRedirect(await ask(issuer, { [name]: value }))
    expect([status, params]).toEqual([303, refusal(`${documented} ${rule}`)])
  })

  test('naming a company is invalid_request from a client for organizations', async () => {
    const request = ask(issuer, { [name]: nordlysDenmark }, organizationClient)
    const text = `${documented} must be an organization for this client`
    expect(toRedirect(await request).params).toEqual(refusal(text))
  })
})

const refusal = (error_description: string) => ({
  error: 'invalid_request',
  error_description,
  state: 'some-state',
  iss: issuer,
})

describe('both spellings at once', () => {
  test('are invalid_request where they differ', async () => {
    const answer = await ask(issuer, { [documented]: bakery, [alias]: nordlysDenmark })
    const text = `${documented} must not be provided twice`
    expect(toRedirect(answer).params).toEqual(refusal(text))
  })

  test('are one where they agree', async () => {
    const params = { [documented]: bakery, [alias]: bakery }
    expect((await consent(issuer, { params })).code).toMatch(/^[\w-]{65}$/)
  })
})

describe('the subject type preference', () => {
  test('organization connects an organization', async () => {
    const { page } = await goToConsent(issuer, { client: organizationClient, as: 'jonas' })
    expect(page.text).toContain('Nordlys Group')
    expect(page.text).not.toContain('Nordlys Denmark')
    const tokens = await connectAs(organizationClient, nordlysGroup)
    const answer = await introspect(issuer, tokens.access_token, organizationClient)
    expect(answer).toMatchObject({
      sub: idOf(nordlysGroup),
      'urn:pleo:params:oauth:subject_urn': nordlysGroup,
    })
  })

  test.each([
    ['company', confidential, nordlysGroup],
    ['organization', organizationClient, nordlysDenmark],
  ] as const)('%s does not let the other type be posted', async (_, client, subject) => {
    const { page, browser } = await goToConsent(issuer, { client, as: 'jonas' })
    const answer = await browser.submit(page, { decision: 'allow', subject })
    expect([answer.status, answer.location]).toEqual([422, undefined])
  })

  const connectAs = (client: ClientMetadata, subject: string) =>
    connect(issuer, { client, as: 'jonas', subject })
})
