import { createHash, timingSafeEqual } from 'node:crypto'
import type { AccountsWithPassword, SubjectChoice } from 'pleo-oauth-server'
import type { CompanyId } from 'pleo-oauth-server/resource-server'
import type { Company, Organization, People, Person } from './people-file.ts'
import { stableId } from './stable-id.ts'
import { companiesIn, noAdministrator } from './words.ts'

/** An employee, as the API shows them. */
export interface Employee {
  readonly id: string
  readonly companyId: string
  readonly name: string
  readonly email: string
  readonly jobTitle: string | undefined
}

/** What this host knows: people for the authorization server, companies for the API. */
export interface Directory {
  readonly accounts: AccountsWithPassword
  readonly company: (id: CompanyId) => Company | undefined
  readonly companiesOf: (organizationId: string) => readonly Company[]
  readonly employees: (companyId: CompanyId) => readonly Employee[]
  /** The people who can sign in, and in a few words who they are. */
  readonly signIns: readonly {
    readonly name: string
    readonly email: string
    readonly who: string
  }[]
}

/** Makes the directory of the people, companies and organizations of one file. */
export function createDirectory(people: People): Directory {
  const byId = new Map(people.people.map((person) => [accountIdOf(person), person]))
  const byEmail = new Map(people.people.map((person) => [person.email.toLowerCase(), person]))
  const companies = new Map(people.companies.map((company) => [company.id, company]))
  const companiesOf = (organizationId: string): readonly Company[] =>
    people.companies.filter((company) => company.organizationId === organizationId)

  return {
    accounts: {
      find(accountId) {
        const person = byId.get(accountId)
        return person && { accountId, name: person.name, email: person.email }
      },
      authenticate({ username, password }) {
        const person = byEmail.get(username.trim().toLowerCase())
        // Compared for unknown people too, so that the time taken does not tell who exists.
        const right = isSame(password, person?.password ?? '')
        return person && right ? accountIdOf(person) : undefined
      },
      subjects(accountId, { type, language }) {
        const person = byId.get(accountId)
        if (!person) return []
        return type === 'company'
          ? companyChoices(people, person, language)
          : organizationChoices(people, person, (id) => {
              const names = companiesOf(id).map(({ name }) => name)
              // The API asks at each request which companies there are.
              return {
                detail: companiesIn(language, names.length),
                companies: { names, includesLater: true },
              }
            })
      },
    },
    company: (id) => companies.get(id),
    companiesOf,
    employees: (companyId) => employeesOf(people, companyId),
    signIns: people.people.map((person) => ({
      name: person.name,
      email: person.email,
      who: describe(people, person),
    })),
  }
}

function accountIdOf(person: Person): string {
  return person.id ?? stableId(`person ${person.email.toLowerCase()}`)
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

function companyChoices(
  people: People,
  person: Person,
  language: string,
): readonly SubjectChoice[] {
  const countryNames = new Intl.DisplayNames(language, { type: 'region' })
  return people.companies.flatMap((company) => {
    const ids = [company.id, ...(company.organizationId ? [company.organizationId] : [])]
    const country = company.country && countryNames.of(company.country)
    const detail = [country, company.registrationNumber].filter(Boolean).join(', ')
    return toChoice(people, person, ids, {
      urn: `urn:pleo:company:${company.id}`,
      name: company.name,
      ...(detail && { detail }),
    })
  })
}

function organizationChoices(
  people: People,
  person: Person,
  describeCompanies: (id: string) => Pick<SubjectChoice, 'detail' | 'companies'>,
): readonly SubjectChoice[] {
  return people.organizations.flatMap(({ id, name }: Organization) => {
    const subject = { urn: `urn:pleo:organization:${id}`, name, ...describeCompanies(id) }
    return toChoice(people, person, [id], subject)
  })
}

/**
 * @param ids - the subject's own id, and those whose members count for it too
 */
function toChoice(
  people: People,
  person: Person,
  ids: readonly string[],
  subject: Omit<SubjectChoice, 'mayConnect'>,
): readonly SubjectChoice[] {
  const isIn = (list: readonly string[]): boolean => ids.some((id) => list.includes(id))
  if (isIn(person.administers)) return [{ ...subject, mayConnect: true }]
  if (!isIn(person.belongsTo)) return []
  const administrators = people.people
    .filter(({ administers }) => isIn(administers))
    .map(({ name }) => name)
  if (administrators.length > 0) return [{ ...subject, mayConnect: false, administrators }]
  return [{ ...subject, mayConnect: false, reason: noAdministrator }]
}

function employeesOf(people: People, companyId: string): readonly Employee[] {
  const belonging = people.people.filter(({ belongsTo }) => belongsTo.includes(companyId))
  const others = people.companies.find(({ id }) => id === companyId)?.employees ?? []
  return [...belonging, ...others].map(({ name, email, jobTitle }) => ({
    id: stableId(`employee ${companyId} ${email.toLowerCase()}`),
    companyId,
    name,
    email,
    jobTitle,
  }))
}

function describe(people: People, person: Person): string {
  const name = (id: string): string => {
    const organization = people.organizations.find((one) => one.id === id)
    if (!organization) return people.companies.find((one) => one.id === id)?.name ?? id
    const count = people.companies.filter(({ organizationId }) => organizationId === id).length
    return `the organization ${organization.name} (${count} ${count === 1 ? 'company' : 'companies'})`
  }
  const list = (ids: readonly string[]): string =>
    ids.length > 3 ? `${ids.length} companies` : new Intl.ListFormat('en').format(ids.map(name))
  const lower =
    person.administers.length > 0
      ? `administrator of ${list(person.administers)}`
      : `belongs to ${list(person.belongsTo) || 'nothing'}, may not connect anything`
  return [person.jobTitle, lower].filter(Boolean).join(', ')
}
