import { describe, expect, test } from 'vitest'
import { parseSubject } from '../../lib/index.ts'
import { toOffer } from '../../lib/consent/connectable-subjects.ts'
import { toDecision } from '../../lib/consent/consent-decision.ts'
import { bakery, nordlysDenmark, nordlysGermany } from '../support/people.ts'

const mine = { urn: nordlysDenmark, name: 'Nordlys Denmark', mayConnect: true }
const other = { urn: bakery, name: 'Bright Bakery', mayConnect: true }
const closed = { urn: nordlysGermany, name: 'Nordlys Germany', mayConnect: false }
const offer = [mine, closed]
const terms = { required: ['companies:read'], optional: ['users:read', 'users:write'] }
const question = { offer, terms }

describe('the offer', () => {
  test('is everything when nothing was asked for', () => {
    expect(toOffer(offer, undefined)).toEqual(offer)
  })

  test('has the one that was asked for first', () => {
    expect(toOffer([mine, closed, other], parseSubject(bakery))).toEqual([other, mine, closed])
  })

  test('is nothing else when the person may not connect the one that was asked for', () => {
    expect(toOffer(offer, parseSubject(nordlysGermany))).toEqual([closed])
    expect(toOffer(offer, parseSubject(bakery))).toEqual([])
  })
})

describe('a decision', () => {
  const allow = { decision: 'allow', subject: nordlysDenmark }

  test.each([
    [undefined, ['companies:read']],
    ['users:write', ['companies:read', 'users:write']],
    [
      ['users:write', 'users:read'],
      ['companies:read', 'users:read', 'users:write'],
    ],
    [{ 0: 'users:read' }, ['companies:read', 'users:read']],
    [
      ['users:read', 'users:read'],
      ['companies:read', 'users:read'],
    ],
  ])('with %j ticked allows what is required and what is ticked', (scope, scopes) => {
    expect(toDecision({ ...allow, scope }, question)).toEqual({
      kind: 'allow',
      subject: nordlysDenmark,
      scopes,
    })
  })

  test('to decline needs no subject, and counts with any', () => {
    expect(toDecision({ decision: 'decline' }, { ...question, offer: [] })).toEqual({
      kind: 'decline',
    })
    expect(toDecision({ decision: 'decline', subject: bakery }, question)).toEqual({
      kind: 'decline',
    })
  })

  test.each([
    [{}, 'noDecision'],
    [{ decision: 'allow' }, 'noSubject'],
    [{ subject: nordlysDenmark }, 'noDecision'],
    [{ decision: ['allow'], subject: nordlysDenmark }, 'noDecision'],
    [{ decision: 'allow', subject: [nordlysDenmark] }, 'notAllowed'],
    [{ decision: 'allow', subject: { urn: nordlysDenmark } }, 'notAllowed'],
    [{ decision: 'allow', subject: nordlysGermany }, 'notAllowed'],
    [{ decision: 'allow', subject: bakery }, 'notAllowed'],
    [{ decision: 'allow', subject: nordlysDenmark.toUpperCase() }, 'notAllowed'],
    [{ decision: 'Allow', subject: nordlysDenmark }, 'noDecision'],
    [{ decision: true, subject: nordlysDenmark }, 'noDecision'],
    [{ ...allow, scope: 'companies:read' }, 'changed'],
    [{ ...allow, scope: 'accounts:write' }, 'changed'],
    [{ ...allow, scope: ['users:read', 'accounts:write'] }, 'changed'],
    [{ ...allow, scope: 'users:read users:write' }, 'changed'],
    [{ ...allow, scope: [['users:read', 'users:write']] }, 'changed'],
    [{ ...allow, scope: '' }, 'changed'],
  ])('is none with %j', (form, problem) => {
    expect(toDecision(form, question)).toEqual({ kind: 'incomplete', problem })
  })

  test('is none where nothing is left to grant', () => {
    const onlyOptional = { offer, terms: { required: [], optional: ['users:read'] } }
    expect(toDecision(allow, onlyOptional)).toEqual({ kind: 'incomplete', problem: 'noScope' })
    expect(toDecision({ ...allow, scope: 'users:read' }, onlyOptional)).toMatchObject({
      scopes: ['users:read'],
    })
  })
})
