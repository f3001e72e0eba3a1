import { accountantCompanies } from './bundled-companies.ts'
import type { People } from './people-file.ts'

/** The password of every bundled person. */
export const bundledPassword = 'pleo-demo'

const brightBakery = '5d0f8a52-6d55-4a3c-9c7e-0b6a7f1f2c11'
const nordlysGroup = 'a1c9b7e4-3f52-4e0d-8b6a-2d94c05e7f30'

const organizations = [{ id: nordlysGroup, name: 'Nordlys Group' }]

const bakery = {
  id: brightBakery,
  name: 'Bright Bakery',
  country: 'DK',
  registrationNumber: '41208735',
  employees: [
    { name: 'Noor Haddad', email: 'noor@brightbakery.example', jobTitle: 'Shop manager' },
  ],
}

const nordlysCompanies = [
  {
    id: '0e7f6a1d-94c3-4b58-a2f1-6c5d80b3e921',
    name: 'Nordlys Danmark ApS',
    country: 'DK',
    registrationNumber: '38771406',
    organizationId: nordlysGroup,
    employees: [
      { name: 'Astrid Kjær', email: 'astrid@nordlys.example', jobTitle: 'Finance manager' },
      { name: 'Mikkel Toft', email: 'mikkel@nordlys.example', jobTitle: 'Sales lead' },
    ],
  },
  {
    id: '7b42c9d8-1e6f-4f03-b5a7-93d1e84c6a22',
    name: 'Nordlys Deutschland GmbH',
    country: 'DE',
    registrationNumber: 'HRB 204417',
    organizationId: nordlysGroup,
    employees: [
      { name: 'Katrin Baumann', email: 'katrin@nordlys.example', jobTitle: 'Office manager' },
      { name: 'Jan Richter', email: 'jan@nordlys.example', jobTitle: 'Engineer' },
    ],
  },
  {
    id: 'c3d5e1f7-28ab-4d96-8e40-5f7a19b2c823',
    name: 'Nordlys Nederland B.V.',
    country: 'NL',
    registrationNumber: '71930562',
    organizationId: nordlysGroup,
    employees: [{ name: 'Femke de Wit', email: 'femke@nordlys.example', jobTitle: 'Controller' }],
  },
]

/** The people that come with the example. */
export function bundledPeople(): People {
  const clients = accountantCompanies()
  const password = bundledPassword
  return {
    organizations,
    companies: [bakery, ...nordlysCompanies, ...clients],
    people: [
      {
        id: '9a1e5c60-7d2b-4c8f-9b14-e3f0a6d7b501',
        name: 'Sofia Lindgren',
        email: 'sofia@brightbakery.example',
        password,
        jobTitle: 'Owner',
        administers: [brightBakery],
        belongsTo: [brightBakery],
      },
      {
        id: '2f6b8d14-0c93-4a75-8e2d-b7c4f1e9a502',
        name: 'Jonas Falk',
        email: 'jonas@nordlys.example',
        password,
        jobTitle: 'Group finance director',
        administers: [nordlysGroup],
        belongsTo: [],
      },
      {
        id: '64c0e7a9-5b18-4d3f-a6f7-1d82c9b0e503',
        name: 'Maja Petersen',
        email: 'maja@ledgerline.example',
        password,
        jobTitle: 'Accountant',
        administers: clients.map(({ id }) => id),
        belongsTo: [],
      },
      {
        id: 'd87a3f25-e4c6-4b91-9f50-7ae6b2d1c504',
        name: 'Emil Novak',
        email: 'emil@brightbakery.example',
        password,
        jobTitle: 'Baker',
        administers: [],
        belongsTo: [brightBakery],
      },
    ],
  }
}
