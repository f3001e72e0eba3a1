import { toScopeNames, type ScopeCatalogue, pleoScopes } from '../pleo/scopes.ts'
import { defaultLanguage } from '../pages/texts/catalogues.ts'
import { toScopeDescription } from '../pages/texts/host-words.ts'
import type { Translator } from '../pages/texts/translator.ts'
import type { ConsentData, ShownScope } from '../pages/page-data.ts'
import type { PostedForm } from './form-tokens.ts'

/** The scopes that a client asks a person for. No other scope can be granted. */
export interface Terms {
  /** Technical names of the scopes that are granted with every consent. */
  readonly required: readonly string[]
  /** Granted only if the person ticks them. */
  readonly optional: readonly string[]
}

/**
 * The requested scopes, in the order of the catalogue. A scope that the catalogue has no words for cannot be shown, and is not
 * granted.
 *
 * @param optionalScope - the scopes that the client registered as optional, space-separated
 */
export function toTerms(
  requested: readonly string[],
  catalogue: ScopeCatalogue,
  optionalScope: unknown,
): Terms {
  const shown = Object.keys(catalogue).filter((name) => requested.includes(name))
  const optional = new Set(typeof optionalScope === 'string' ? toScopeNames(optionalScope) : [])
  return {
    required: shown.filter((name) => !optional.has(name)),
    optional: shown.filter((name) => optional.has(name)),
  }
}

/** Every scope of the terms, in their order. */
export const scopesOf = ({ required, optional }: Terms): readonly string[] => [
  ...required,
  ...optional,
]

/** The optional scopes that were ticked. The parser makes a list of a field that is sent often, or an object if it is long. */
export function toTicked({ scope }: PostedForm): readonly string[] {
  if (typeof scope === 'string') return [scope]
  return Object.values(scope ?? {}).map(String)
}

/** How the terms are shown to one person. */
export interface ShownTermsOptions {
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
  const resourceOf = ({ name }: ShownScope) => toResourceName(name, options.translator)
  return {
    resources: [...new Set(scopes.map(resourceOf))].map((name) => ({
      name,
      scopes: scopes.filter((scope) => resourceOf(scope) === name),
    })),
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

/** A scope in words. If it has left the catalogue, it may still be granted, and has only its name. */
export function toDescription(
  name: string,
  catalogue: ScopeCatalogue,
  translator: Translator,
): string {
  const words = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined
  return words ? toScopeDescription(name, words, translator) : name
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
  return [
    ...(canChange ? [] : ['consent.access.readOnly']),
    'consent.notShared.password',
    subjectType === 'company'
      ? 'consent.notShared.otherCompanies'
      : 'consent.notShared.otherOrganizations',
    ...(areOurs ? ['consent.notShared.payments'] : []),
  ]
}
