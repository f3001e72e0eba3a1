/** Words of the host, by language tag (BCP 47). `en` is what a missing language falls back to. */
export interface HostWords {
  readonly en: string
  readonly [language: string]: string
}

/** One scope, as people read it. */
export interface ScopeWords {
  /** The permission in words, by language tag (BCP 47). A missing language falls back to `en`. */
  readonly description: HostWords
  /**
   * The data that can be read, or the changes that can be made: a list in lower case without a full stop, such as
   * `names, addresses`.
   *
   * @defaultValue none: pages show the description alone
   */
  readonly contains?: HostWords
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

const toWords =
  (access: ScopeWords['access']) =>
  (en: string, contains: string): ScopeWords => ({
    description: { en },
    contains: { en: contains },
    access,
  })
const [read, write] = [toWords('read'), toWords('write')]

/** The scopes of the Pleo APIs. Spread it to extend it: `{ ...pleoScopes, 'budgets:read': … }`. */
export const pleoScopes: ScopeCatalogue = {
  'export-jobs:read': read('See export jobs', 'status and result of each export'),
  'export-jobs:write': write('Change export jobs', 'start exports, report their results'),
  'export-items:read': read(
    'See accounting entries in exports',
    'amounts, receipts, employee names, vendors and their bank details',
  ),
  'accounts:read': read('See the chart of accounts', 'account names, numbers, tax codes'),
  'accounts:write': write('Change the chart of accounts', 'add, edit, delete accounts'),
  'tax-codes:read': read('See tax codes', 'names, rates, tax accounts'),
  'tax-codes:write': write('Change tax codes', 'add, edit, delete tax codes'),
  'tag-groups:read': read(
    'See tag groups and tags',
    'names and codes, for example of projects and locations',
  ),
  'tag-groups:write': write('Change tag groups and tags', 'add, edit, delete tag groups and tags'),
  // Partners were also told these spellings: they must go on working.
  'tag-group:read': read(
    'See tag groups and tags',
    'names and codes, for example of projects and locations',
  ),
  'tag-group:write': write('Change tag groups and tags', 'add, edit, delete tag groups and tags'),
  'vendors:read': read('See vendors', 'names, countries, registration and tax numbers'),
  'vendors:write': write('Change vendors', 'add, edit, archive vendors'),
  'companies:read': read('See companies', 'names, addresses, registration numbers'),
  'users:read': read('See employees', 'names, email addresses, phone numbers, job titles'),
  'users:write': write('Change employees', 'add, edit, remove employees'),
  'webhooks:read': read(
    'See webhook subscriptions',
    'which events are reported to which addresses',
  ),
  'webhooks:write': write('Change webhook subscriptions', 'add, edit, delete subscriptions'),
  'test:test': {
    description: { en: 'Test the connection, without access to data' },
    access: 'read',
  },
}
