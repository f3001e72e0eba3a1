import type { ConnectionsData, DisconnectData } from '../../pages/page-data.ts'
import type { ShownClient, ShownConnection, ShownView } from '../../pages/shown-data.ts'
import type { Translator } from '../../pages/texts/translator.ts'
import {
  account,
  connectionsUrl,
  csrf,
  longName,
  sampleDay,
  signOutUrl,
  toBareClient,
  toSampleClient,
  toSampleSubject,
} from './parts.ts'

const disconnectUrl = `${connectionsUrl}/disconnect`

type ToConnection = (differences?: Partial<ShownConnection>) => ShownConnection

const createToConnection = ({ text, formats, find }: Translator): ToConnection => {
  const date = formats.date(sampleDay)
  const latest = formats.date(new Date(sampleDay.getTime() + 305 * 86_400_000))
  const toScope = (name: string, access: 'read' | 'write') => ({
    name,
    description: find(`scopes.${name}`) ?? name,
    access,
  })
  return (differences) => ({
    client: toSampleClient(),
    subject: { name: 'Fjord Foods', detail: 'DK 10000000' },
    settingsUri: 'https://northwind.example/settings',
    scopes: [toScope('companies:read', 'read'), toScope('export-jobs:write', 'write')],
    granted: text('connections.connectedBy', { name: account.name, date }),
    used: text('connections.lastUsed', { date }),
    nextEnd: text('connections.endsUnused', { date }),
    ends: text('connections.untilUnused', { date, latest }),
    disconnectUrl: `${disconnectUrl}?client_id=northwind`,
    ...differences,
  })
}

const empty: ConnectionsData = {
  account,
  done: null,
  signOutUrl,
  total: 0,
  shown: 0,
  groups: [],
  groupings: [],
  filters: [],
}

const toBare = ({ text }: Translator): Partial<ShownConnection> => ({
  client: toBareClient({ name: longName, initials: 'V', isTest: true }),
  settingsUri: null,
  used: text('connections.neverUsed'),
})

/** Pages of connections. */
export function createConnectionsSamples(
  translator: Translator,
): Readonly<Record<string, ConnectionsData>> {
  const toConnection = createToConnection(translator)
  const harbour = { name: 'Harbour Foods', detail: null }
  const some: ConnectionsData = {
    ...empty,
    total: 3,
    shown: 3,
    groups: [
      toGroup(null, [toConnection(), toConnection(toBare(translator))]),
      toGroup(null, [toConnection({ subject: harbour })]),
    ],
  }
  const many = createMany(translator)
  return {
    none: empty,
    some,
    many,
    'many, and a filter that none of them matches': { ...many, shown: 0, groups: [] },
    'one just disconnected': {
      ...some,
      done: { client: toSampleClient().name, subject: 'Fjord Foods' },
    },
  }
}

/** 24 companies, each with the same two clients. */
function createMany(translator: Translator): ConnectionsData {
  const { text, formats } = translator
  const toConnection = createToConnection(translator)
  const companies = Array.from({ length: 24 }, (_, index) => toSampleSubject(index))
  const toView = (label: string, count: number | null, isCurrent = false): ShownView => ({
    label,
    count: count === null ? null : formats.number(count),
    url: connectionsUrl,
    isCurrent,
  })
  return {
    ...empty,
    signOutUrl: null,
    total: 48,
    shown: 48,
    groups: [{}, toBare(translator)].map((differences) => {
      const connections = companies.map((subject) => toConnection({ ...differences, subject }))
      return toGroup(connections[0]?.client ?? null, connections, false)
    }),
    groupings: [
      toView(text('connections.by.client'), null, true),
      toView(text('connections.by.subject'), null),
    ],
    filters: [
      toView(text('connections.only.all'), 48, true),
      toView(text('connections.only.unused', { count: 30 }), 24),
      toView(text('connections.only.ending', { count: 14 }), 0),
    ],
  }
}

/** @param client - the one of a list by client; `null` in a list by subject */
const toGroup = (
  client: ShownClient | null,
  connections: readonly ShownConnection[],
  isOpen = true,
): ConnectionsData['groups'][number] => ({
  client,
  subject: client ? null : (connections[0]?.subject ?? null),
  isOpen,
  connections,
})

/** Pages that ask before a connection is ended. */
export function createDisconnectSamples(
  translator: Translator,
): Readonly<Record<string, DisconnectData>> {
  const question: DisconnectData = {
    client: toSampleClient(),
    clientId: 'northwind',
    subject: toSampleSubject(0),
    connection: createToConnection(translator)(),
    lingersMinutes: 0,
    action: disconnectUrl,
    connectionsUrl,
    csrf,
  }
  return {
    question,
    'signed access tokens': { ...question, lingersMinutes: 15 },
    'ended meanwhile': { ...question, client: toBareClient(), connection: null },
  }
}
