/** What the host around the snippets of the documents has. */
import type { RouterContext } from '@koa/router'
import type { Express } from 'express'
import type { Redis } from 'ioredis'
import type Koa from 'koa'
import type { Server } from 'node:http'
import type {
  Accounts,
  AuthorizationServer,
  AuthorizationServerOptions,
  ClientMetadata,
  Storage,
  Theme,
} from 'pleo-oauth-server'
import type { StoredEntry } from 'pleo-oauth-server/testing'
import type {
  BearerState,
  CompaniesOf,
  CompanyId,
  TokenVerifier,
} from 'pleo-oauth-server/resource-server'

interface FoundToken {
  readonly subjectUrn: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** In milliseconds since the epoch. */
  readonly endsAt: number
  readonly audience: readonly string[]
  readonly cnf?: { readonly jkt: string }
}

declare global {
  const server: AuthorizationServer
  const options: AuthorizationServerOptions
  const accounts: Accounts
  const find: Accounts['find']
  const subjects: Accounts['subjects']
  const authenticate: NonNullable<Accounts['authenticate']>
  const clients: readonly ClientMetadata[]
  const signingKeys: NonNullable<AuthorizationServerOptions['signingKeys']>
  const storage: Storage
  const theme: Theme
  const cookieKey: string
  const issuer: string
  const audience: string
  const clientId: string
  const subject: string
  const accountId: string

  const app: Koa
  const parent: Koa
  const api: Koa
  const expressApp: Express
  const http: Server
  const setting: (name: string) => string
  const createMyAdapter: () => Storage
  const everyEntry: () => Promise<StoredEntry[]>
  const drop: () => Promise<void>
  const redis: Redis
  const client: Redis
  const keys: readonly string[]
  const logger: {
    warn(message: unknown, members?: object): void
    error(error: unknown): void
  }
  /** Tells a partner that its connection is over. */
  const tell: (clientId: string) => void

  const verify: TokenVerifier
  const secret: string
  const database: {
    exportJobs(of: { readonly company: CompanyId }): Promise<unknown>
    companyIds(of: { readonly organization: string }): Promise<string[]>
    insertIfAbsent(clientId: string, id: string, lifetime: number): Promise<boolean>
  }
  const gateway: { lookUp(token: string): Promise<FoundToken | undefined> }
  const ctx: RouterContext<BearerState>
  const jobsOf: (company: CompanyId) => Promise<unknown>
}
