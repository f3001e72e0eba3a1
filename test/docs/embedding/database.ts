/** What the samples of docs/embedding.md and docs/recipes.md find in the database of their backend. */

interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly password: string
}

interface Group {
  readonly id: string
  readonly name: string
  readonly country: string
  readonly administrators: readonly string[]
}

interface Membership {
  readonly group: Group
  readonly role: 'administrator' | 'employee'
}

const ada: Person = {
  id: 'person-1',
  name: 'Ada Lind',
  email: 'ada@bakery.example',
  password: 'flour and water',
}

const [bakery, florist] = [
  {
    id: '5f0c3f8e-6f0e-4d0a-9b57-1f7f3c1f5a01',
    name: 'Bright Bakery',
    country: 'DK',
    administrators: ['Ada Lind'],
  },
  {
    id: '2f3b0f0e-62c1-4a66-8f0e-0b8c1d6a9c22',
    name: 'Corner Florist',
    country: 'SE',
    administrators: ['Otto Berg'],
  },
] as const satisfies readonly Group[]

const memberships: readonly Membership[] = [
  { group: bakery, role: 'administrator' },
  { group: florist, role: 'employee' },
]

export const database = {
  personById: async (id: string): Promise<Person | undefined> => (id === ada.id ? ada : undefined),
  personByEmail: async (email: string): Promise<Person | undefined> =>
    email === ada.email ? ada : undefined,
  membershipsOf: async (
    id: string,
    type: 'company' | 'organization',
  ): Promise<readonly Membership[]> => (id === ada.id && type === 'company' ? memberships : []),
} as const

/** A real backend compares a hash. */
export const isPasswordOf = async (person: Person, password: string): Promise<boolean> =>
  person.password === password
