import { password } from './people.ts'

// The people and companies that the browser tests bring to the running example, in the shape of its `PEOPLE_FILE`.
// Everybody signs in as `<id>@example.test`.

interface Company {
  readonly id: string
  readonly name: string
  readonly country?: string
  readonly registrationNumber?: string
  readonly organizationId?: string
}

const uuid = (kind: number, n: number): string =>
  `00000000-0000-4000-8000-${String(kind * 10_000 + n).padStart(12, '0')}`

export const companyUrn = ({ id }: Company): string => `urn:pleo:company:${id}`

export const bakery: Company = {
  id: uuid(1, 1),
  name: 'Bright Bakery',
  country: 'DK',
  registrationNumber: '41208735',
}

const nordlys = { id: uuid(2, 1), name: 'Nordlys Group' }

export const nordlysCompanies: readonly [Company, Company, Company] = [
  {
    id: uuid(2, 11),
    name: 'Nordlys Danmark ApS',
    country: 'DK',
    registrationNumber: '38771406',
    organizationId: nordlys.id,
  },
  {
    id: uuid(2, 12),
    name: 'Nordlys Deutschland GmbH',
    country: 'DE',
    registrationNumber: 'HRB 204417',
    organizationId: nordlys.id,
  },
  {
    id: uuid(2, 13),
    name: 'Nordlys Nederland B.V.',
    country: 'NL',
    registrationNumber: '71930562',
    organizationId: nordlys.id,
  },
]

// Each by name, as pages sort them.
const towns = [
  'Aarhus',
  'Bath',
  'Évora',
  'Gävle',
  'Haarlem',
  'Kraków',
  'Łódź',
  'Malmö',
  'Münster',
  'Tromsø',
]
const trades = ['Ceramics', 'Cycles', 'Joinery', 'Printworks', 'Roasters']
const forms = ['AB', 'ApS', 'B.V.', 'GmbH', 'Ltd']

/** 250 companies by name, no two of one name. */
export const manyCompanies: readonly Company[] = towns.flatMap((town, t) =>
  trades.flatMap((trade, r) =>
    forms.map((form, f) => ({
      id: uuid(3, t * 25 + r * 5 + f),
      name: `${town} ${trade} ${form}`,
      country: 'SE',
      registrationNumber: String(10_000_000 + t * 250_000 + r * 5000 + f),
    })),
  ),
)

/** One of them that is far down the list. */
export const the201st: Company = manyCompanies[200] ?? bakery

/** Exactly 80 characters. */
export const eightyLong = (start: string): string =>
  `${start} ${'International Hospitality and Procurement Holdings '.repeat(2)}`.slice(0, 79) + '.'

/** 80 characters without a place to break the line. */
const eightyUnbroken: string = 'Donaudampfschifffahrtsgesellschaft'.repeat(3).slice(0, 80)

const longCompanies: readonly Company[] = [
  { id: uuid(4, 1), name: eightyLong('Great'), registrationNumber: eightyLong('Registered') },
  { id: uuid(4, 2), name: eightyUnbroken, country: 'DE' },
]

/** Names that are written from right to left, alone and mixed with others. */
const rightToLeftCompanies: readonly Company[] = [
  { id: uuid(5, 1), name: 'شركة النخيل للتجارة (2024)', registrationNumber: '1010-224466' },
  { id: uuid(5, 2), name: 'מאפיית האור בע״מ – Tel Aviv', country: 'IL' },
]

const strangers: readonly Company[] = ['Harbour Hotels', 'Old Mill'].map((name, n) => ({
  id: uuid(6, n),
  name,
  country: 'GB',
}))

/** The company of somebody who disconnects what is connected to it. */
export const leavingCompany: Company = { id: uuid(6, 9), name: 'Riverside Dental', country: 'GB' }

const person = (id: string, name: string, more: object): object => ({
  id: uuid(9, id.length * 100 + id.charCodeAt(0)),
  name,
  email: `${id}@example.test`,
  password,
  ...more,
})

const idsOf = (companies: readonly Company[]): readonly string[] => companies.map(({ id }) => id)

/** What a `PEOPLE_FILE` holds. */
export const crowd: Readonly<Record<'people' | 'companies' | 'organizations', readonly object[]>> =
  {
    people: [
      person('sofia', 'Sofia Lindgren', { administers: [bakery.id] }),
      person('jonas', 'Jonas Falk', { administers: [nordlys.id] }),
      person('maja', 'Maja Petersen', { administers: idsOf(manyCompanies) }),
      person('long', eightyLong('Wilhelmina'), { administers: idsOf(longCompanies) }),
      person('noura', 'نورة العتيبي', { administers: idsOf(rightToLeftCompanies) }),
      // Part of much, with a word in one of them.
      person('viktor', 'Viktor Holm', {
        administers: [strangers[0]?.id],
        belongsTo: [bakery.id, ...idsOf(nordlysCompanies)],
      }),
      person('emil', 'Emil Novak', { belongsTo: [bakery.id, ...idsOf(strangers)] }),
      person('trainee', 'Tilde Aas', { belongsTo: idsOf(manyCompanies).slice(0, 12) }),
      person('nobody', 'Nora Body', {}),
      person('idle', 'Ida Le', { administers: [strangers[1]?.id] }),
      person('leaving', 'Lea Ving', { administers: [leavingCompany.id] }),
    ],
    companies: [
      bakery,
      ...nordlysCompanies,
      ...manyCompanies,
      ...longCompanies,
      ...rightToLeftCompanies,
      ...strangers,
      leavingCompany,
    ],
    organizations: [nordlys],
  }
