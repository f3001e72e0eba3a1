import { pleoScopes, type HostWords, type ScopeCatalogue } from '../pleo/scopes.ts'
import type { ConsentData } from './page-data.ts'
import type { ShownResource, ShownScope } from './shown-data.ts'
import { defaultLanguage } from './texts/catalogues.ts'
import { withoutRegion, type Translator } from './texts/translator.ts'

/** The scopes that a client asks a person for. No other scope can be granted. */
export interface Terms {
  /** Technical names of the scopes that are granted with every consent. */
  readonly required: readonly string[]
  /** Granted only if the person ticks them. */
  readonly optional: readonly string[]
}

/** Every scope of the terms, in their order. */
export const scopesOf = ({ required, optional }: Terms): readonly string[] => [
  ...required,
  ...optional,
]

/** How the terms are shown to one person. */
interface ShownTermsOptions {
  readonly catalogue: ScopeCatalogue
  readonly translator: Translator
  /** The optional scopes that are ticked. */
  readonly ticked: readonly string[]
  /** The scopes that are granted already; undefined if nothing is, or if it depends on the choice. */
  readonly granted: readonly string[] | undefined
}

/** The terms, as the page shows them. */
export type ShownTerms = Pick<
  ConsentData,
  'resources' | 'changes' | 'canRead' | 'canChange' | 'hasOptional' | 'notShared'
>

/** The terms in the words of a language, grouped by what they are about. */
export function toShownTerms(
  terms: Terms,
  subjectType: ConsentData['subjectType'],
  { catalogue, translator, ticked, granted }: ShownTermsOptions,
): ShownTerms {
  const names = Object.keys(catalogue).filter((name) => scopesOf(terms).includes(name))
  const scopes = names.map((name) => ({
    name,
    names: [name],
    description: describeScope(name, catalogue, translator),
    contains: containsOf(name, catalogue, translator),
    access: catalogue[name]?.access ?? 'write',
    saysAccess: catalogue[name]?.description === pleoScopes[name]?.description,
    isOptional: terms.optional.includes(name),
    isTicked: ticked.includes(name),
    isNew: granted !== undefined && !granted.includes(name),
  }))
  const shown = groupScopes(joinSpellings(scopes), granted !== undefined, translator)
  return { ...shown, notShared: toNotShared(names, subjectType, shown.canChange) }
}

/** Two spellings of one permission are one row, unless the person decides on them. */
function joinSpellings(scopes: readonly ShownScope[]): readonly ShownScope[] {
  const toKey = ({ name, description, contains, access, isOptional, isNew }: ShownScope): string =>
    JSON.stringify(isOptional ? name : [description, contains, access, isNew])
  const rows = new Map<string, ShownScope>()
  for (const scope of scopes) {
    const first = rows.get(toKey(scope)) ?? { ...scope, names: [] }
    rows.set(toKey(scope), { ...first, names: [...first.names, scope.name] })
  }
  return [...rows.values()]
}

/**
 * The scopes by what they are about, in their order.
 *
 * @param isConnected - whether some may be granted already
 */
export function groupScopes(
  scopes: readonly ShownScope[],
  isConnected: boolean,
  translator: Translator,
): Omit<ShownTerms, 'notShared'> {
  const resourceOf = ({ name }: ShownScope): string => toResourceName(name, translator)
  const group = (some: readonly ShownScope[]): readonly ShownResource[] =>
    [...new Set(some.map(resourceOf))].map((name) => ({
      name,
      scopes: some.filter((scope) => resourceOf(scope) === name),
    }))
  const kept = scopes.filter(({ isNew }) => !isNew)
  const added = scopes.filter(({ isNew }) => isNew)
  return {
    resources: group(scopes),
    changes: isConnected
      ? { added: group(added), kept: group(kept), keptCount: kept.length }
      : null,
    canRead: scopes.some(({ access }) => access === 'read'),
    canChange: scopes.some(({ access }) => access === 'write'),
    hasOptional: scopes.some(({ isOptional }) => isOptional),
  }
}

/** The subject matter of a scope: the part of its name before the permission, in words if there are some. */
function toResourceName(scope: string, translator: Translator): string {
  const resource = scope.split(':')[0] ?? scope
  const path = `resources.${resource}`
  return translator.find(path) ?? translator.find(path, defaultLanguage) ?? resource
}

/** Says only what is certain: the meaning of a host's own scopes is unknown here. */
function toNotShared(
  names: readonly string[],
  subjectType: ConsentData['subjectType'],
  canChange: boolean,
): readonly string[] {
  const areOurs = names.every((name) => Object.hasOwn(pleoScopes, name))
  const others = subjectType === 'company' ? 'otherCompanies' : 'otherOrganizations'
  return [
    ...(canChange ? [] : ['consent.notShared.changes']),
    'consent.notShared.password',
    `consent.notShared.${others}`,
    ...(areOurs ? ['consent.notShared.payments'] : []),
  ]
}

/** A scope in the words of a language. A scope that has left the catalogue may still be granted, and has only its name. */
export const describeScope = (
  name: string,
  catalogue: ScopeCatalogue,
  translator: Translator,
): string => findScopeWords(name, 'description', catalogue, translator) ?? name

/** The contents of a scope in the words of a language; `null` if its catalogue does not name them. */
export const containsOf = (
  name: string,
  catalogue: ScopeCatalogue,
  translator: Translator,
): string | null => findScopeWords(name, 'contains', catalogue, translator) ?? null

const sections = { description: 'scopes', contains: 'contains' } as const

/** The words that the host gave with the scope, then those of the catalogues, then the English ones. */
function findScopeWords(
  name: string,
  member: keyof typeof sections,
  catalogue: ScopeCatalogue,
  translator: Translator,
): string | undefined {
  const words = Object.hasOwn(catalogue, name) ? catalogue[name]?.[member] : undefined
  if (!words) return undefined
  const path = `${sections[member]}.${name}`
  // Words of ours are in the catalogues, too, and a host can override them there.
  if (words === pleoScopes[name]?.[member]) {
    return translator.find(path) ?? translator.find(path, defaultLanguage) ?? words.en
  }
  return findHostWords(words, translator.language) ?? translator.find(path) ?? words.en
}

/** The words in a language, or in that without its region; undefined if the host did not give them. */
export const findHostWords = (words: HostWords, language: string): string | undefined =>
  withoutRegion(language)
    .filter((tag) => Object.hasOwn(words, tag))
    .map((tag) => words[tag])[0]
