import type { SubjectType } from '../../pleo/subject.ts'
import { toNamedClient } from '../../pages/shown-client.ts'
import type { SelectAccountData } from '../../pages/page-data.ts'
import type { ShownAccount, ShownClient, ShownSubject } from '../../pages/shown-data.ts'

/** The day on which everything is shown. */
export const sampleDay: Date = new Date('2026-03-14T10:00:00Z')

export const csrf = 'sample-form-token'
export const interactionUrl = 'https://auth.example.test/oauth/interaction/sample'
export const connectionsUrl = 'https://auth.example.test/oauth/connections'
export const signOutUrl = 'https://auth.example.test/oauth/sign-out'

/** The path at which the preview serves the logo of a client. */
export const sampleLogoPath = '/oauth/assets/logos/sample'

export const account: ShownAccount = { name: 'Astrid Lindqvist', email: 'astrid@fjord.example' }

/** A client, with everything that it can say of itself. */
export function toSampleClient(differences: Partial<ShownClient> = {}): ShownClient {
  return {
    ...toBareClient(),
    logo: sampleLogoPath,
    uri: 'https://northwind.example',
    host: 'northwind.example',
    policyUri: 'https://northwind.example/privacy',
    tosUri: 'https://northwind.example/terms',
    contacts: [
      { text: 'help@northwind.example', url: 'mailto:help@northwind.example' },
      { text: '+45 12 34 56 78', url: null },
    ],
    ...differences,
  }
}

/** A client that says nothing of itself but its name. */
export const toBareClient = (differences: Partial<ShownClient> = {}): ShownClient => ({
  ...toNamedClient('Northwind Ledger'),
  initials: 'NL',
  ...differences,
})

/** The page of a person who is signed in and came from a client. */
export const signedIn: SelectAccountData = {
  client: toSampleClient(),
  account,
  action: interactionUrl,
  switchAction: `${interactionUrl}/switch-account`,
  csrf,
}

/** A company or organization that can be chosen. */
export function toSampleSubject(
  number: number,
  differences: Partial<ShownSubject> = {},
  type: SubjectType = 'company',
): ShownSubject {
  const id = String(number).padStart(12, '0')
  const name = towns[number % towns.length] ?? 'Fjord'
  const kind = kinds[Math.floor(number / towns.length) % kinds.length] ?? 'ApS'
  return {
    urn: `urn:pleo:${type}:00000000-0000-4000-8000-${id}`,
    name: `${name} ${kind}`,
    detail: `DK ${10_000_000 + number * 7919}`,
    mayConnect: true,
    reason: null,
    administrators: [],
    isChecked: false,
    companies: null,
    connectedSince: null,
    newAccess: [],
    ...differences,
  }
}

const towns = ['Fjord', 'Harbour', 'Lighthouse', 'Meadow', 'Northern Light', 'Orchard', 'Quarry']
const kinds = ['Foods', 'Design', 'Works', 'Travel', 'Studio', 'Energy', 'Books', 'Labs', 'Boats']

/** One that the person may not connect. The host says why, and who may. */
export const toClosedSubject = (number: number): ShownSubject =>
  toSampleSubject(number, {
    mayConnect: false,
    reason: 'Only administrators can connect applications.',
    administrators: ['Bjørn Dahl', 'Carla Ferrari'],
  })

/** Several, of which every seventh is closed. */
export const toSampleSubjects = (count: number): readonly ShownSubject[] =>
  Array.from({ length: count }, (_, index) =>
    index % 7 === 6 ? toClosedSubject(index) : toSampleSubject(index),
  )

/** 80 characters without a place to break them. */
export const longName: string = 'Vandkraftvaerksingenioerforeningen'.repeat(3).slice(0, 80)

/** A name that is written from right to left. */
export const rightToLeftName = 'شركة الضوء الشمالي'
