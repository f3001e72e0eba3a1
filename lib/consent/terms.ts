import { toScopeNames, type ScopeCatalogue } from '../pleo/scopes.ts'

/** What a client asks a person for: nothing else can be granted. */
export interface Terms {
  /** Technical names of the scopes that are granted with every consent. */
  readonly required: readonly string[]
  /** Those that the person ticks. */
  readonly optional: readonly string[]
}

/**
 * The requested scopes that there are words for, in the order of the catalogue. A scope without words cannot be
 * shown, and is not granted.
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
