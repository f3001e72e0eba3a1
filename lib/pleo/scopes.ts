/** Words of the host, by language tag (BCP 47). `en` is what a missing language falls back to. */
export interface HostWords {
  readonly en: string
  readonly [language: string]: string
}

/** One scope, as people read it. */
export interface ScopeWords {
  /** The permission in words, by language tag (BCP 47). A missing language falls back to `en`. */
  readonly description: HostWords
  /** Whether the scope only reads, or can change something. */
  readonly access: 'read' | 'write'
}

/** The scopes of a resource server with their words, by name (`resource:permission`). */
export type ScopeCatalogue = Readonly<Record<string, ScopeWords>>

/**
 * The names in a list of scopes. Only spaces separate them, and empty names are dropped. For a value that is not a text, the list
 * is empty.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3 RFC 6749, Section 3.3}
 */
export const toScopeNames = (list: unknown): readonly string[] =>
  typeof list === 'string' ? list.split(' ').filter(Boolean) : []

const read = (en: string): ScopeWords => ({ description: { en }, access: 'read' })
const write = (en: string): ScopeWords => ({ description: { en }, access: 'write' })

/** The scopes of the Pleo APIs. Spread it to extend it: `{ ...pleoScopes, 'budgets:read': … }`. */
export const pleoScopes: ScopeCatalogue = {
  'export-jobs:read': read('See export jobs'),
  'export-jobs:write': write('Create and update export jobs'),
  'export-items:read': read('Read the accounting entries in exports'),
  'accounts:read': read('Read the chart of accounts'),
  'accounts:write': write('Change the chart of accounts'),
  'tax-codes:read': read('Read tax codes'),
  'tax-codes:write': write('Change tax codes'),
  'tag-groups:read': read('Read tag groups and tags'),
  'tag-groups:write': write('Change tag groups and tags'),
  // Partners were also told these spellings: they must go on working.
  'tag-group:read': read('Read tag groups and tags'),
  'tag-group:write': write('Change tag groups and tags'),
  'vendors:read': read('Read vendors'),
  'vendors:write': write('Change vendors'),
  'companies:read': read('See companies and their registration details'),
  'users:read': read('Read employees'),
  'users:write': write('Change employees'),
  'webhooks:read': read('See webhook subscriptions'),
  'webhooks:write': write('Manage webhook subscriptions'),
  'test:test': read('No access to data, only tries the connection'),
}
