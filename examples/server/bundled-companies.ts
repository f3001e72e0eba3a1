import type { Company } from './people-file.ts'
import { stableId } from './stable-id.ts'

const countries = [
  { country: 'DK', form: 'ApS', places: ['Aarhus', 'Odense', 'Aalborg', 'Roskilde', 'Svendborg'] },
  { country: 'SE', form: 'AB', places: ['Uppsala', 'Malmö', 'Lund', 'Visby', 'Gävle'] },
  { country: 'DE', form: 'GmbH', places: ['Leipzig', 'Bremen', 'Kiel', 'Münster', 'Freiburg'] },
  { country: 'NL', form: 'B.V.', places: ['Utrecht', 'Leiden', 'Delft', 'Haarlem', 'Breda'] },
  { country: 'GB', form: 'Ltd', places: ['Bristol', 'Leeds', 'York', 'Exeter', 'Bath'] },
] as const

const trades = [
  'Joinery',
  'Coffee Roasters',
  'Printworks',
  'Cycles',
  'Ceramics',
  'Dental Care',
  'Architects',
  'Logistics',
  'Garden Design',
  'Software',
] as const

const firstNames = ['Ida', 'Karl', 'Lena', 'Pieter', 'Grace', 'Nils', 'Anouk', 'Tom', 'Freja']
const lastNames = ['Holm', 'Berg', 'Vogel', 'Visser', 'Clarke', 'Dahl', 'Krause', 'Bakker']

/** The 250 clients of the bundled accountant, the same at every start. */
export function accountantCompanies(): readonly Company[] {
  return countries.flatMap(({ country, form, places }) =>
    places.flatMap((place) =>
      trades.map((trade) => toCompany(country, `${place} ${trade} ${form}`)),
    ),
  )
}

function toCompany(country: string, name: string): Company {
  const id = stableId(`company ${name}`)
  const seed = Number.parseInt(id.slice(0, 8), 16)
  const domain = `${name
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/[^a-z]/g, '')}.example`
  return {
    id,
    name,
    country,
    registrationNumber: String(10_000_000 + (seed % 90_000_000)),
    employees: ['Director', 'Bookkeeper'].map((jobTitle, index) => {
      const first = firstNames[(seed + index * 4) % firstNames.length] ?? ''
      const last = lastNames[(seed + index * 3) % lastNames.length] ?? ''
      return {
        name: `${first} ${last}`,
        email: `${first}.${last}@${domain}`.toLowerCase(),
        jobTitle,
      }
    }),
  }
}
