import { z } from 'zod'
import { readJsonFile } from './json-file.ts'
import { check } from './plain-issues.ts'

/**
 * What a `PEOPLE_FILE` holds. In the file, lists may be left out.
 *
 * @example
 * ```json
 * {
 *   "people": [
 *     {
 *       "name": "Ada Lind",
 *       "email": "ada@mill.example",
 *       "password": "a-long-password",
 *       "administers": ["0b1d8f7e-52c3-4a96-8e1f-6d7c9a402b31"]
 *     }
 *   ],
 *   "companies": [{ "id": "0b1d8f7e-52c3-4a96-8e1f-6d7c9a402b31", "name": "Old Mill", "country": "SE" }],
 *   "organizations": []
 * }
 * ```
 */
export interface People {
  readonly people: readonly Person[]
  readonly companies: readonly Company[]
  readonly organizations: readonly Organization[]
}

/** A person who can sign in. */
export interface Person {
  /** Left out: derived from the email address. */
  readonly id?: string | undefined
  readonly name: string
  /** What the person types to sign in. */
  readonly email: string
  readonly password: string
  readonly jobTitle?: string | undefined
  /** Ids of what the person may connect; an organization includes its companies. */
  readonly administers: readonly string[]
  /**
   * Ids of what the person is part of: may not connect it, unless also named in `administers`. Who
   * belongs to a company is one of its employees.
   */
  readonly belongsTo: readonly string[]
}

/** One legal entity. */
export interface Company {
  readonly id: string
  readonly name: string
  /** ISO 3166-1, two letters. */
  readonly country?: string | undefined
  readonly registrationNumber?: string | undefined
  readonly organizationId?: string | undefined
  /** Employees who do not sign in here. */
  readonly employees: readonly Colleague[]
}

/** An employee who does not sign in here. */
export interface Colleague {
  readonly name: string
  readonly email: string
  readonly jobTitle?: string | undefined
}

/** A group of companies. */
export interface Organization {
  readonly id: string
  readonly name: string
}

const text = z.string().min(1)
const uuid = z.uuid().toLowerCase()
const ids = z.array(uuid).default([])

const employee = z.strictObject({ name: text, email: z.email(), jobTitle: text.optional() })

const person = z.strictObject({
  id: uuid.optional(),
  name: text,
  email: z.email(),
  password: text,
  jobTitle: text.optional(),
  administers: ids,
  belongsTo: ids,
})

const company = z.strictObject({
  id: uuid,
  name: text,
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be a country code of two capital letters')
    .optional(),
  registrationNumber: text.optional(),
  organizationId: uuid.optional(),
  employees: z.array(employee).default([]),
})

const organization = z.strictObject({ id: uuid, name: text })

const shape = z.strictObject({
  people: z.array(person).min(1),
  companies: z.array(company).default([]),
  organizations: z.array(organization).default([]),
})

// A second step, so that a member that is wrong in itself is not reported as a bad reference too.
const peopleFile: z.ZodType<People> = shape.pipe(
  z.custom<z.output<typeof shape>>().superRefine((file, context) => {
    const complain: Complain = (path, message) =>
      context.addIssue({ code: 'custom', path: [...path], message })
    checkUnique(file, complain)
    checkReferences(file, complain)
  }),
)

type Complain = (path: readonly PropertyKey[], message: string) => void

function checkUnique({ people, companies, organizations }: People, complain: Complain): void {
  const seen = new Set<string>()
  const once = (path: readonly PropertyKey[], value: string | undefined): void => {
    if (value === undefined) return
    if (seen.has(value)) complain(path, 'is given twice')
    seen.add(value)
  }
  for (const [index, { id }] of companies.entries()) once(['companies', index, 'id'], id)
  for (const [index, { id }] of organizations.entries()) once(['organizations', index, 'id'], id)
  for (const [index, { id, email }] of people.entries()) {
    once(['people', index, 'id'], id)
    once(['people', index, 'email'], email.toLowerCase())
  }
}

function checkReferences({ people, companies, organizations }: People, complain: Complain): void {
  const groups = new Set(organizations.map(({ id }) => id))
  const known = new Set([...groups, ...companies.map(({ id }) => id)])
  for (const [index, { organizationId }] of companies.entries()) {
    if (organizationId === undefined || groups.has(organizationId)) continue
    complain(['companies', index, 'organizationId'], 'is no organization of this file')
  }
  for (const [index, one] of people.entries()) {
    for (const list of ['administers', 'belongsTo'] as const) {
      for (const [position, id] of one[list].entries()) {
        if (known.has(id)) continue
        complain(['people', index, list, position], 'is no company or organization of this file')
      }
    }
  }
}

/** Reads and checks a `PEOPLE_FILE`. */
export async function readPeopleFile(path: string): Promise<People> {
  return check(peopleFile, await readJsonFile('PEOPLE_FILE', path), `PEOPLE_FILE ${path}: `)
}
