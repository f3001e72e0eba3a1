import type { Account, SubjectChoice, SubjectType } from 'pleo-oauth-server'

// What a backend has in its database: people, companies, and who may decide for which.

interface Person extends Account {
  readonly password: string
  /** The companies the person works at, and whether they may connect applications there. */
  readonly companies: Readonly<Record<string, 'administrator' | 'employee'>>
}

interface Company {
  readonly id: string
  readonly name: string
  readonly country: string
}

const bakery = '7c1f7c43-9a55-4d1b-a11c-7f3e5f0a2b11'
const florist = '2f3b0f0e-62c1-4a66-8f0e-0b8c1d6a9c22'

export const companies: ReadonlyMap<string, Company> = new Map([
  [bakery, { id: bakery, name: 'Bright Bakery', country: 'DK' }],
  [florist, { id: florist, name: 'Corner Florist', country: 'SE' }],
])

const people: readonly Person[] = [
  {
    accountId: 'person-1',
    name: 'Maja Lind',
    email: 'maja@bakery.example',
    password: 'flour and water',
    companies: { [bakery]: 'administrator', [florist]: 'employee' },
  },
  {
    accountId: 'person-2',
    name: 'Otto Berg',
    email: 'otto@florist.example',
    password: 'roses and rain',
    companies: { [florist]: 'administrator' },
  },
]

export const signIns: readonly Pick<Person, 'email' | 'password'>[] = people

export const findPerson = (accountId: string): Account | undefined =>
  people.find((person) => person.accountId === accountId)

/** The account id of the person with that password. A real backend compares a hash, and counts attempts. */
export const checkPassword = (email: string, password: string): string | undefined =>
  people.find((person) => person.email === email && person.password === password)?.accountId

/** The companies that a person sees on the consent page, with their countries in the language of that page. */
export function subjectsOf(
  accountId: string,
  { type, language }: { readonly type: SubjectType; readonly language: string },
): readonly SubjectChoice[] {
  if (type !== 'company') return []
  const countryNames = new Intl.DisplayNames(language, { type: 'region' })
  const person = people.find((one) => one.accountId === accountId)
  return Object.entries(person?.companies ?? {}).flatMap(([id, role]) => {
    const company = companies.get(id)
    if (!company) return []
    return {
      urn: `urn:pleo:company:${id}`,
      name: company.name,
      detail: countryNames.of(company.country) ?? company.country,
      mayConnect: role === 'administrator',
      administrators: administratorsOf(id),
    }
  })
}

const administratorsOf = (companyId: string): readonly string[] =>
  people.filter((person) => person.companies[companyId] === 'administrator').map(({ name }) => name)
