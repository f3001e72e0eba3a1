import { describe, expect, test } from 'vitest'
import { pleoScopes, parseSubject } from '../../lib/index.ts'
import { toDecision, toOffer, toShownScopes } from '../../lib/interaction/consent.ts'
import { loadCatalogues } from '../../lib/locales/catalogues.ts'
import { createTranslators } from '../../lib/locales/translator.ts'
import { bakery, nordlysDenmark, nordlysGermany } from '../support/people.ts'

const english = createTranslators(loadCatalogues([])).of('en')

const mine = { urn: nordlysDenmark, name: 'Nordlys Denmark', mayConnect: true }
const closed = { urn: nordlysGermany, name: 'Nordlys Germany', mayConnect: false }
const offer = [mine, closed]

describe('the offer', () => {
  test('is everything when nothing was asked for', () => {
    expect(toOffer(offer, undefined)).toEqual(offer)
  })

  test('is the one that was asked for, and nothing when that is not there', () => {
    expect(toOffer(offer, parseSubject(nordlysGermany))).toEqual([closed])
    expect(toOffer(offer, parseSubject(bakery))).toEqual([])
  })
})

describe('a decision', () => {
  test('allows what the person may connect', () => {
    const form = { decision: 'allow', subject: nordlysDenmark }
    expect(toDecision(form, offer)).toEqual({ kind: 'allow', subject: nordlysDenmark })
  })

  test('to decline needs no subject, and counts with any', () => {
    expect(toDecision({ decision: 'decline' }, [])).toEqual({ kind: 'decline' })
    expect(toDecision({ decision: 'decline', subject: bakery }, offer)).toEqual({ kind: 'decline' })
  })

  test.each([
    [{}],
    [{ decision: 'allow' }],
    [{ subject: nordlysDenmark }],
    [{ decision: ['allow'], subject: nordlysDenmark }],
    [{ decision: 'allow', subject: [nordlysDenmark] }],
    [{ decision: 'allow', subject: { urn: nordlysDenmark } }],
    [{ decision: 'allow', subject: nordlysGermany }],
    [{ decision: 'allow', subject: bakery }],
    [{ decision: 'allow', subject: nordlysDenmark.toUpperCase() }],
    [{ decision: 'Allow', subject: nordlysDenmark }],
    [{ decision: true, subject: nordlysDenmark }],
  ])('is none with %j', (form) => {
    expect(toDecision(form, offer)).toMatchObject({ kind: 'incomplete' })
  })
})

describe('the scopes shown', () => {
  test('are those asked for, in words, in the order of the catalogue', () => {
    expect(toShownScopes(['users:write', 'export-jobs:read'], pleoScopes, english)).toEqual([
      { name: 'export-jobs:read', description: 'See export jobs', access: 'read' },
      { name: 'users:write', description: 'Change employees', access: 'write' },
    ])
  })

  test('are each shown once, however often they were asked for', () => {
    expect(toShownScopes(['users:read', 'users:read'], pleoScopes, english)).toHaveLength(1)
  })

  test('are never what objects bring along', () => {
    expect(toShownScopes(['constructor', '__proto__'], pleoScopes, english)).toEqual([])
  })
})
