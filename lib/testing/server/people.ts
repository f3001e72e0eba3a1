import type { Account, AccountsWithPassword, SubjectChoice } from '../../pleo/accounts.ts'

/** The name and password of a person. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** A person of the test server. */
export interface TestPerson extends Account, Credentials {
  readonly email: string
}

/** A company or an organization of the test server. */
export interface TestSubject {
  /** The subject URN. */
  readonly urn: string
  /** The uuid alone: `sub` at introspection. */
  readonly id: string
  readonly name: string
}

/** The people of the test server, by what they may do. */
export interface TestPeople {
  /** Administers one company, Bright Bakery. */
  readonly administrator: TestPerson
  /** Administers the organization Nordlys Group and its three companies. */
  readonly groupAdministrator: TestPerson
  /** May act for every company, and for no organization. */
  readonly accountant: TestPerson
  /** Belongs to Bright Bakery, without the authority to connect anything. */
  readonly employee: TestPerson
  /** Belongs to nothing. */
  readonly newcomer: TestPerson
}

/** The companies of the test server. All but Bright Bakery belong to Nordlys Group. */
export interface TestCompanies {
  readonly brightBakery: TestSubject
  readonly nordlysDenmark: TestSubject
  readonly nordlysGermany: TestSubject
  readonly nordlysNetherlands: TestSubject
}

/** The organizations of the test server. */
export interface TestOrganizations {
  readonly nordlysGroup: TestSubject
}

const subject = (type: 'company' | 'organization', number: number, name: string): TestSubject => {
  const id = `7e570000-0000-4000-8000-${String(number).padStart(12, '0')}`
  return { urn: `urn:pleo:${type}:${id}`, id, name }
}

export const companies: TestCompanies = {
  brightBakery: subject('company', 1, 'Bright Bakery'),
  nordlysDenmark: subject('company', 11, 'Nordlys Denmark'),
  nordlysGermany: subject('company', 12, 'Nordlys Germany'),
  nordlysNetherlands: subject('company', 13, 'Nordlys Netherlands'),
}

export const organizations: TestOrganizations = {
  nordlysGroup: subject('organization', 10, 'Nordlys Group'),
}

const person = (accountId: string, name: string): TestPerson => {
  const email = `${accountId}@people.example`
  return { accountId, name, email, username: email, password: `password of ${accountId}` }
}

export const people: TestPeople = {
  administrator: person('sofia', 'Sofia Lind'),
  groupAdministrator: person('jonas', 'Jonas Berg'),
  accountant: person('maja', 'Maja Holt'),
  employee: person('emil', 'Emil Krog'),
  newcomer: person('ines', 'Ines Vang'),
}

const { administrator, groupAdministrator, accountant, employee } = people
const { brightBakery, ...nordlys } = companies

const authority: ReadonlyMap<TestPerson, readonly TestSubject[]> = new Map([
  [administrator, [brightBakery]],
  [groupAdministrator, [organizations.nordlysGroup, ...Object.values(nordlys)]],
  [accountant, Object.values(companies)],
])

/** How the test server knows its people. */
export function createTestAccounts(): AccountsWithPassword {
  const all = Object.values(people) as readonly TestPerson[]
  const find = (accountId: string): TestPerson | undefined =>
    all.find((one) => one.accountId === accountId)
  return {
    find: (accountId) => toAccount(find(accountId)),
    subjects: (accountId, { type }) =>
      toChoices(find(accountId)).filter(({ urn }) => urn.startsWith(`urn:pleo:${type}:`)),
    authenticate: ({ username, password }) =>
      all.find((one) => one.username === username && one.password === password)?.accountId,
  }
}

function toAccount(found: TestPerson | undefined): Account | undefined {
  if (!found) return undefined
  const { accountId, name, email } = found
  return { accountId, name, email }
}

function toChoices(found: TestPerson | undefined): readonly SubjectChoice[] {
  if (found === employee) {
    const { urn, name } = brightBakery
    return [{ urn, name, mayConnect: false, administrators: [administrator.name] }]
  }
  const own = (found && authority.get(found)) ?? []
  return own.map(({ urn, name }) => ({ urn, name, mayConnect: true }))
}
