import { randomUUID } from 'node:crypto'
import { generateClientSecret, type ClientMetadata, type Clients } from 'pleo-oauth-server'
import { z } from 'zod'
import type { InstallationOptions } from './installations.ts'
import { readJsonFile } from './json-file.ts'
import { check } from './plain-issues.ts'
import { StartError } from './start-error.ts'

/** A client that has a secret. */
export interface ConfidentialClient extends ClientMetadata {
  readonly client_secret: string
}

/** Credentials that were made at start, to be shown once. */
export interface GeneratedCredentials {
  readonly name: string
  readonly clientId?: string
  readonly clientSecret?: string
}

/** The clients of a `CLIENTS_FILE`, complete, and what had to be made for them. */
export interface FileClients {
  readonly clients: readonly ClientMetadata[]
  readonly generated: readonly GeneratedCredentials[]
}

const partnerScope = 'companies:read users:read export-jobs:read export-jobs:write'

/**
 * The clients of the bundled partner application: one for companies, one for organizations.
 *
 * @param issuer - only one with `http`, for development, fetches a logo from this machine
 */
export function partnerClients(
  origin: string,
  issuer: string,
): Readonly<Record<'company' | 'organization', ConfidentialClient>> {
  const shared = {
    client_uri: origin,
    ...(issuer.startsWith('http:') && { logo_uri: `${origin}/partner-logo.png` }),
    tos_uri: `${origin}/terms`,
    policy_uri: `${origin}/privacy`,
    contacts: ['support@northwind.example'],
    redirect_uris: [`${origin}/callback`],
    settings_uri: origin,
    scope: partnerScope,
    // What the application can do without is for the person to decide.
    optional_scope: 'export-jobs:write',
  }
  return {
    company: {
      ...shared,
      client_id: '1f0c7d4e-6a2b-4b8e-9d35-c8e2f7a40b61',
      client_secret: generateClientSecret(),
      client_name: 'Northwind Ledger',
      initiation_uri: `${origin}/connect`,
      verified: true,
    },
    organization: {
      ...shared,
      client_id: '3b9e5a82-d1f4-4c07-8a6c-52e7d0c91f62',
      client_secret: generateClientSecret(),
      client_name: 'Northwind Ledger for groups',
      initiation_uri: `${origin}/connect?kind=organization`,
      subject_type_preference: 'organization',
      test: true,
    },
  }
}

/** For `pleo-oauth try`, which is a client on a terminal: it can keep no secret. */
export function terminalClient(): ClientMetadata {
  return {
    client_id: 'try',
    client_name: 'Terminal',
    contacts: ['support@northwind.example'],
    redirect_uris: ['http://127.0.0.1:8910/callback'],
    scope: partnerScope,
    optional_scope: 'export-jobs:write',
    test: true,
    token_endpoint_auth_method: 'none',
  }
}

/** The example API: it asks nobody for access, it only introspects. */
export function apiClient(): ConfidentialClient {
  return {
    client_id: 'e6a4c1b3-90d7-4f2e-b85a-7c13f09d2e63',
    client_secret: generateClientSecret(),
    client_name: 'Example API',
    redirect_uris: [],
    grant_types: [],
    response_types: [],
  }
}

// Only what is needed to complete a client; the authorization server checks the rest.
const fileSchema = z.array(
  z.preprocess(
    withoutEmpty,
    z.looseObject({
      client_id: z.string().optional(),
      client_secret: z.string().optional(),
      client_name: z.string().optional(),
      token_endpoint_auth_method: z.string().optional(),
    }),
  ),
)

/** A member that is `null` or empty counts as left out (RFC 7592, Section 2.2), so what it needs is made here. */
function withoutEmpty(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry
  const members = Object.entries(entry)
  return Object.fromEntries(members.filter(([, value]) => value !== null && value !== ''))
}

/**
 * Reads a `CLIENTS_FILE` and makes the ids and secrets it leaves out.
 *
 * @param taken - ids of the bundled clients
 */
export async function readClientsFile(
  path: string,
  taken: readonly string[],
): Promise<FileClients> {
  const prefix = `CLIENTS_FILE ${path}: `
  const entries = check(fileSchema, await readJsonFile('CLIENTS_FILE', path), prefix)
  const seen = new Set(taken)
  const generated: GeneratedCredentials[] = []
  const clients = entries.map((entry, index) => {
    const client_id = entry.client_id ?? randomUUID()
    if (seen.has(client_id)) throw new StartError(`${prefix}[${index}].client_id is given twice`)
    seen.add(client_id)
    const needsSecret = entry.token_endpoint_auth_method !== 'none'
    const made =
      needsSecret && entry.client_secret === undefined ? generateClientSecret() : undefined
    if (made !== undefined || entry.client_id === undefined) {
      generated.push({
        name: entry.client_name ?? client_id,
        ...(entry.client_id === undefined && { clientId: client_id }),
        ...(made !== undefined && { clientSecret: made }),
      })
    }
    // Checked member by member in createAuthorizationServer, which names what is wrong.
    return { ...entry, client_id, ...(made && { client_secret: made }) } as ClientMetadata
  })
  return { clients, generated }
}

/** Clients are also registered while this runs: the authorization server is asked for those each time. */
export function createNameOf(
  clients: readonly ClientMetadata[],
  registered: Pick<Clients, 'find'>,
): InstallationOptions['nameOf'] {
  const names = new Map(clients.map((client) => [client.client_id, client.client_name]))
  return async (clientId) =>
    names.get(clientId) ?? (await registered.find(clientId))?.metadata.client_name ?? clientId
}
