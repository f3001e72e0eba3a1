import { describe, expect, test } from 'vitest'
import { pleoScopes } from '../../lib/index.ts'
import { toTerms } from '../../lib/consent/consent-page.ts'
import { scopesOf, toShownTerms } from '../../lib/pages/shown-terms.ts'
import { loadCatalogues } from '../../lib/pages/texts/catalogues.ts'
import { createTranslators } from '../../lib/pages/texts/translator.ts'

const english = createTranslators(loadCatalogues([]), 'Pleo').of('en')

const shown = (requested: readonly string[], optional?: string, granted?: readonly string[]) =>
  toShownTerms(toTerms(requested, pleoScopes, optional), 'company', {
    catalogue: pleoScopes,
    translator: english,
    ticked: granted ?? [],
    granted,
  })

describe('the terms', () => {
  test('are what was asked for, once each, in the order of the catalogue', () => {
    const requested = ['users:write', 'export-jobs:read', 'users:write']
    expect(scopesOf(toTerms(requested, pleoScopes, undefined))).toEqual([
      'export-jobs:read',
      'users:write',
    ])
  })

  test('never have what nobody can be shown, nor what objects bring along', () => {
    const requested = ['constructor', '__proto__', 'payments:write', 'users:read']
    expect(toTerms(requested, pleoScopes, 'constructor payments:write')).toEqual({
      required: ['users:read'],
      optional: [],
    })
  })

  test('leave to the person what the client registered as optional', () => {
    expect(toTerms(['users:read', 'users:write'], pleoScopes, 'users:write accounts:read')).toEqual(
      { required: ['users:read'], optional: ['users:write'] },
    )
  })
})

describe('the terms shown', () => {
  test('are grouped by what they are about, in words', () => {
    const { resources } = shown(['users:write', 'users:read', 'accounts:read'], 'users:write')
    expect(resources.map(({ name }) => name)).toEqual(['Chart of accounts', 'Employees'])
    expect(resources[1]?.scopes).toEqual([
      {
        name: 'users:read',
        names: ['users:read'],
        description: 'See employees',
        contains: 'names, email addresses, phone numbers, job titles',
        access: 'read',
        saysAccess: true,
        isOptional: false,
        isTicked: false,
        isNew: false,
      },
      {
        name: 'users:write',
        names: ['users:write'],
        description: 'Change employees',
        contains: 'add, edit, remove employees',
        access: 'write',
        saysAccess: true,
        isOptional: true,
        isTicked: false,
        isNew: false,
      },
    ])
  })

  test('put both spellings of one resource together, in one row unless there is a choice', () => {
    const both = ['tag-groups:read', 'tag-group:read']
    const rows = (optional?: string, granted?: readonly string[]) => {
      const { resources } = shown(both, optional, granted)
      return resources.map(({ scopes }) => scopes.map(({ names }) => names))
    }
    expect(rows()).toEqual([[both]])
    expect(rows('tag-group:read')).toEqual([[['tag-groups:read'], ['tag-group:read']]])
    expect(rows(both.join(' '))).toEqual([[['tag-groups:read'], ['tag-group:read']]])
    expect(rows(undefined, ['tag-groups:read'])).toEqual([
      [['tag-groups:read'], ['tag-group:read']],
    ])
    expect(shown(both, undefined, both).changes?.keptCount).toBe(1)
  })

  test('know whose words begin with what the app may do', () => {
    const catalogue = {
      ...pleoScopes,
      'users:read': { description: { en: 'Employees' }, access: 'read' },
    } as const
    const options = { catalogue, translator: english, ticked: [], granted: undefined }
    const terms = toTerms(['users:read', 'users:write'], catalogue, undefined)
    const [employees] = toShownTerms(terms, 'company', options).resources
    expect(employees?.scopes.map(({ saysAccess }) => saysAccess)).toEqual([false, true])
  })

  test('mark what is beyond the connection that is there, and nothing where there is none', () => {
    const isNew = (granted?: readonly string[]) =>
      shown(['users:read', 'users:write'], undefined, granted).resources.flatMap(({ scopes }) =>
        scopes.map((scope) => scope.isNew),
      )
    expect(isNew(['users:read'])).toEqual([false, true])
    expect(isNew([])).toEqual([true, true])
    expect(isNew()).toEqual([false, false])
  })

  test('say what is not shared, as far as it is known', () => {
    const password = 'consent.notShared.password'
    const others = 'consent.notShared.otherCompanies'
    const payments = 'consent.notShared.payments'
    expect(shown(['users:write']).notShared).toEqual([password, others, payments])
    expect(shown(['users:read']).notShared).toEqual([
      'consent.notShared.changes',
      password,
      others,
      payments,
    ])
    const catalogue = {
      ...pleoScopes,
      'payments:write': { description: { en: 'Pay' }, access: 'write' },
    } as const
    const terms = toTerms(['payments:write'], catalogue, undefined)
    const options = { catalogue, translator: english, ticked: [], granted: undefined }
    expect(toShownTerms(terms, 'organization', options).notShared).toEqual([
      password,
      'consent.notShared.otherOrganizations',
    ])
  })

  test('call a resource without words by its name', () => {
    const catalogue = {
      'cards:read': { description: { en: 'See cards' }, access: 'read' },
    } as const
    const options = { catalogue, translator: english, ticked: [], granted: undefined }
    const { resources } = toShownTerms(toTerms(['cards:read'], catalogue, ''), 'company', options)
    expect(resources).toMatchObject([{ name: 'cards', scopes: [{ description: 'See cards' }] }])
  })
})
