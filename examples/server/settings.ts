import { randomBytes } from 'node:crypto'
import type { ClientMetadata } from 'pleo-oauth-server'
import type { RedisAddress } from 'pleo-oauth-server/adapters/redis'
import { z } from 'zod'
import { check } from './plain-issues.ts'
import { givenPort, host, keepAlive, port } from './places.ts'
import { redisUrl } from './redis-url.ts'
import { StartError } from './start-error.ts'
import { deriveKeys } from './storage-keys.ts'
import { themeNames } from './themes.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The settings of the example. */
export interface Settings {
  readonly ports: Readonly<Record<PortVariable, number>>
  /** Absent: there are no metrics. */
  readonly metricsPort: number | undefined
  /** The address that all ports are on. */
  readonly host: string
  /** For how many seconds a connection may be idle. */
  readonly keepAlive: number
  /** Absent: `http://localhost:` and the port of the authorization server. */
  readonly issuer: string | undefined
  readonly audience: string
  readonly trustProxy: boolean
  /** Whether `NODE_ENV` says that this is for customers. */
  readonly isProduction: boolean
  /** Whether everybody registers clients over HTTP. */
  readonly openRegistration: boolean
  readonly cookieKeys: readonly string[]
  readonly clientsFile: string | undefined
  readonly peopleFile: string | undefined
  /** The file for audit events, or `-` for stdout. Absent: nobody hears of them. */
  readonly auditLog: string | undefined
  /** Absent: the pages look as the package has them. */
  readonly theme: string | undefined
  /** Absent: everything is in memory. */
  readonly redis: RedisSettings | undefined
}

/** Where Redis is, and the secrets for what is kept there: the first one seals, all read. */
export interface RedisSettings {
  readonly address: RedisAddress
  readonly keys: readonly string[]
}

/** The variables of the ports that there always are. */
type PortVariable = 'PORT' | 'API_PORT' | 'APP_PORT'

const isOn = z
  .enum(['true', '1', 'false', '0'], { error: 'must be true or false (or 1 or 0)' })
  .default('false')
  .transform((value) => value === 'true' || value === '1')

const secrets = z.string().transform((value) => value.split(',').map((key) => key.trim()))

const schema = z
  .object({
    HOST: host,
    KEEP_ALIVE_TIMEOUT: keepAlive,
    PORT: port('PORT', 3000),
    API_PORT: port('API_PORT', 3001),
    APP_PORT: port('APP_PORT', 3002),
    METRICS_PORT: givenPort('METRICS_PORT').optional(),
    ISSUER: z.string().optional(),
    API_AUDIENCE: z.string().default('https://external.pleo.io'),
    NODE_ENV: z.string().optional(),
    TRUST_PROXY: isOn,
    OPEN_REGISTRATION: isOn,
    COOKIE_KEYS: secrets
      .refine((keys) => keys.every(Boolean), 'must be secrets separated by commas, none empty')
      .optional(),
    CLIENTS_FILE: z.string().optional(),
    PEOPLE_FILE: z.string().optional(),
    AUDIT_LOG: z.string().optional(),
    THEME: z.enum(themeNames, { error: `must be one of ${themeNames.join(', ')}` }).optional(),
    REDIS_URL: redisUrl.optional(),
    REDIS_SENTINEL_USERNAME: z.string().optional(),
    REDIS_SENTINEL_PASSWORD: z.string().optional(),
    STORAGE_KEYS: secrets.optional(),
  })
  .superRefine(({ REDIS_SENTINEL_USERNAME: name, REDIS_SENTINEL_PASSWORD: password }, context) => {
    if (!name || password) return
    const message = 'must be set with REDIS_SENTINEL_USERNAME'
    context.addIssue({ code: 'custom', path: ['REDIS_SENTINEL_PASSWORD'], message })
  })
  .superRefine(({ REDIS_URL, STORAGE_KEYS: keys = [] }, context) => {
    if (!REDIS_URL || (keys.length > 0 && keys.every(({ length }) => length >= 32))) return
    const message =
      keys.length > 0
        ? `must be secrets of 32 characters or more, separated by commas${keys.includes('') ? `: number ${keys.indexOf('') + 1} of ${keys.length} is empty` : ''}`
        : 'is missing, and REDIS_URL needs it: make one with openssl rand -base64 32, and keep it in .env'
    context.addIssue({ code: 'custom', path: ['STORAGE_KEYS'], message })
  })
  .superRefine((ports, context) => {
    const seen = new Map<number, string>()
    for (const name of ['PORT', 'API_PORT', 'APP_PORT', 'METRICS_PORT'] as const) {
      const taken = ports[name] ?? 0
      const earlier = taken > 0 ? seen.get(taken) : undefined
      if (earlier) {
        context.addIssue({ code: 'custom', path: [name], message: `must differ from ${earlier}` })
      }
      seen.set(taken, name)
    }
  })

/** The variables that the example reads. */
export const settingNames: readonly string[] = Object.keys(schema.shape)

/**
 * Reads the settings from the environment; an empty variable counts as unset.
 *
 * @throws {@link StartError} with a line for every wrong variable
 */
export function readSettings(environment: Environment): Settings {
  const given = Object.entries(environment).filter(([, value]) => value !== '')
  const values = check(schema, Object.fromEntries(given), '')
  const { REDIS_URL: address, STORAGE_KEYS: keys = [] } = values
  const sentinelAccess = {
    sentinelUsername: values.REDIS_SENTINEL_USERNAME,
    sentinelPassword: values.REDIS_SENTINEL_PASSWORD,
  }
  return {
    ports: { PORT: values.PORT, API_PORT: values.API_PORT, APP_PORT: values.APP_PORT },
    metricsPort: values.METRICS_PORT,
    host: values.HOST,
    keepAlive: values.KEEP_ALIVE_TIMEOUT,
    issuer: values.ISSUER,
    audience: values.API_AUDIENCE,
    trustProxy: values.TRUST_PROXY,
    isProduction: values.NODE_ENV === 'production',
    openRegistration: values.OPEN_REGISTRATION,
    cookieKeys: values.COOKIE_KEYS ?? (address ? cookieKeysOf(keys) : [newSecret()]),
    clientsFile: values.CLIENTS_FILE,
    peopleFile: values.PEOPLE_FILE,
    auditLog: values.AUDIT_LOG,
    theme: values.THEME,
    redis: address && { address: { ...address, ...sentinelAccess }, keys },
  }
}

/** The same at every start, so that people stay signed in. */
function cookieKeysOf(storageKeys: readonly string[]): readonly string[] {
  return deriveKeys(storageKeys, 'cookies').map((key) => key.toString('base64url'))
}

const newSecret = (): string => randomBytes(32).toString('base64url')

/**
 * What `createAuthorizationServer` found wrong, in terms of the variables that led to it.
 *
 * @param clients - all clients, those of the file at the end
 * @param bundled - how many clients come before those of the file
 */
export function toStartError(
  issues: readonly { readonly path: string; readonly message: string }[],
  settings: Settings,
  clients: readonly ClientMetadata[],
  bundled: number,
): StartError {
  return new StartError(
    issues.map(({ path, message }) => {
      const [, index, member = ''] = /^clients\[(\d+)\](.*)/.exec(path) ?? []
      if (index !== undefined && settings.clientsFile) {
        const place = `[${Number(index) - bundled}]${member}${toScope(clients[Number(index)], member)}`
        return `CLIENTS_FILE ${settings.clientsFile}: ${place} ${message}`
      }
      if (settings.theme && path.startsWith('views.')) {
        return `THEME ${settings.theme}: ${path} ${message}`
      }
      return `${variables[path.replace(/\[\d+\]$/, '')] ?? path} ${message}`
    }),
  )
}

/** A scope by its name: nobody counts the words of a text. */
function toScope(client: ClientMetadata | undefined, member: string): string {
  const [, list = '', index] = /^\.(scope|optional_scope)\[(\d+)\]$/.exec(member) ?? []
  const name = String(new Map(Object.entries({ ...client })).get(list))
    .split(' ')
    .filter(Boolean)[Number(index)]
  return name === undefined ? '' : ` (${name})`
}

const variables: Readonly<Record<string, string>> = {
  issuer: 'ISSUER',
  cookieKeys: 'COOKIE_KEYS',
  'resourceServer.audience': 'API_AUDIENCE',
}
