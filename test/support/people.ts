import type { Account, AccountsWithPassword, SubjectChoice } from '../../lib/index.ts'

export const password = 'correct horse'

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** The companies and organizations of the tests. */
export const bakery: string = `urn:pleo:company:${uuid(1)}`
export const nordlysDenmark: string = `urn:pleo:company:${uuid(11)}`
export const nordlysGermany: string = `urn:pleo:company:${uuid(12)}`
export const nordlysGroup: string = `urn:pleo:organization:${uuid(10)}`

export const idOf = (urn: string): string => urn.slice(urn.lastIndexOf(':') + 1)

const company = (urn: string, name: string, mayConnect = true): SubjectChoice => ({
  urn,
  name,
  mayConnect,
  ...(mayConnect ? {} : { reason: 'Ask Sofia, who administers it.' }),
})

interface Person extends Account {
  readonly companies: readonly SubjectChoice[]
  readonly organizations: readonly SubjectChoice[]
}

const people: readonly Person[] = [
  {
    accountId: 'sofia',
    name: 'Sofia Lind',
    email: 'sofia@example.test',
    companies: [company(bakery, 'Bright Bakery')],
    organizations: [],
  },
  {
    accountId: 'jonas',
    name: 'Jonas Berg',
    email: 'jonas@example.test',
    companies: [
      company(nordlysDenmark, 'Nordlys Denmark'),
      company(nordlysGermany, 'Nordlys Germany'),
    ],
    organizations: [company(nordlysGroup, 'Nordlys Group')],
  },
  {
    accountId: 'emil',
    name: 'Emil Holm',
    email: 'emil@example.test',
    companies: [company(bakery, 'Bright Bakery', false)],
    organizations: [],
  },
  {
    accountId: 'nobody',
    name: 'No Body',
    email: 'nobody@example.test',
    companies: [],
    organizations: [],
  },
]

/** The host's side of the tests: people by account id, who sign in as `<id>@example.test`. */
export function createAccounts(): AccountsWithPassword & { readonly gone: Set<string> } {
  const gone = new Set<string>()
  const byId = (id: string): Person | undefined =>
    gone.has(id) ? undefined : people.find(({ accountId }) => accountId === id)
  return {
    gone,
    find: byId,
    subjects: (id, { type }) =>
      byId(id)?.[type === 'company' ? 'companies' : 'organizations'] ?? [],
    authenticate: ({ username, password: typed }) =>
      typed === password ? people.find(({ email }) => email === username)?.accountId : undefined,
  }
}
