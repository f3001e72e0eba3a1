import { defaultLanguage } from '../pages/texts/catalogues.ts'
import { toScopeDescription } from '../pages/texts/host-words.ts'
import type { Translator } from '../pages/texts/translator.ts'
import { pleoScopes, type ScopeCatalogue } from '../pleo/scopes.ts'
import type { ConsentData, ShownResource, ShownScope } from '../pages/page-data.ts'
import { scopesOf, type Terms } from './terms.ts'

/** How the terms are shown to one person. */
export interface ShownTermsOptions {
  readonly catalogue: ScopeCatalogue
  readonly translator: Translator
  /** The optional scopes that are ticked. */
  readonly ticked: readonly string[]
  /** What is granted already; undefined where that is not known, or nothing is. */
  readonly granted: readonly string[] | undefined
}

/** The terms, as the page shows them. */
export type ShownTerms = Pick<
  ConsentData,
  'resources' | 'canRead' | 'canChange' | 'hasOptional' | 'notShared'
>

/** The terms in the words of a language, grouped by what they are about. */
export function toShownTerms(
  terms: Terms,
  subjectType: ConsentData['subjectType'],
  options: ShownTermsOptions,
): ShownTerms {
  const names = Object.keys(options.catalogue).filter((name) => scopesOf(terms).includes(name))
  const scopes = names.map((name) => toShownScope(name, terms, options))
  const canChange = scopes.some(({ access }) => access === 'write')
  return {
    resources: groupByResource(scopes, options.translator),
    canRead: scopes.some(({ access }) => access === 'read'),
    canChange,
    hasOptional: terms.optional.length > 0,
    notShared: toNotShared(names, subjectType, canChange),
  }
}

function toShownScope(
  name: string,
  { optional }: Terms,
  { catalogue, translator, ticked, granted }: ShownTermsOptions,
): ShownScope {
  return {
    name,
    description: toDescription(name, catalogue, translator),
    access: catalogue[name]?.access ?? 'write',
    isOptional: optional.includes(name),
    isTicked: ticked.includes(name),
    isNew: granted !== undefined && !granted.includes(name),
  }
}

/** A scope in words. One that is in the catalogue no more is still granted, and is called by its name. */
export function toDescription(
  name: string,
  catalogue: ScopeCatalogue,
  translator: Translator,
): string {
  const words = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined
  return words ? toScopeDescription(name, words, translator) : name
}

function groupByResource(
  scopes: readonly ShownScope[],
  translator: Translator,
): readonly ShownResource[] {
  const groups = new Map<string, ShownScope[]>()
  for (const scope of scopes) {
    const name = toResourceName(scope.name, translator)
    groups.set(name, [...(groups.get(name) ?? []), scope])
  }
  return [...groups].map(([name, ofResource]) => ({ name, scopes: ofResource }))
}

/** What a scope is about: the part of its name before the permission. Without words, that itself. */
function toResourceName(scope: string, translator: Translator): string {
  const resource = scope.split(':')[0] ?? scope
  const path = `resources.${resource}`
  return translator.find(path) ?? translator.find(path, defaultLanguage) ?? resource
}

/** Only what is certain: of scopes that are a host's own, nobody here knows what they allow. */
function toNotShared(
  names: readonly string[],
  subjectType: ConsentData['subjectType'],
  canChange: boolean,
): readonly string[] {
  const areOurs = names.every((name) => Object.hasOwn(pleoScopes, name))
  return [
    ...(canChange ? [] : ['consent.access.readOnly']),
    'consent.notShared.password',
    subjectType === 'company'
      ? 'consent.notShared.otherCompanies'
      : 'consent.notShared.otherOrganizations',
    ...(areOurs ? ['consent.notShared.payments'] : []),
  ]
}
