import { createStandalone, insidesOf } from '../../administration.ts'
import { ConfigurationError, type ConfigurationIssue } from '../../errors.ts'
import { readCookieKeys } from '../cookie-keys.ts'
import { importHost, type OpenHost } from '../open/host.ts'
import { givenRedisSettings, openRedis, RedisRefusal } from '../open/redis.ts'
import { Refusal, UsageError } from '../terminal/refusals.ts'
import { toFinding, together, type Examined, type Finding } from './remedies.ts'
import { examineOptions, findWeakSecrets, placeAll } from './examine-options.ts'
import { examineUrl } from './public-url.ts'
import { examineStorage, toUnread } from './examine-storage.ts'

/** The set-up to look at. */
export interface DoctorOptions {
  readonly config?: string
  readonly keyPrefix?: string
  /** Without a slash at its end. */
  readonly url?: string
}

/** Looks at everything that there is. */
export async function examine({ config, keyPrefix, url }: DoctorOptions): Promise<Examined> {
  const { url: redis, keys } = givenRedisSettings()
  if (config !== undefined) return examineHost(config, url)
  if (url === undefined && !redis && !keys)
    throw new UsageError(
      'say what to look at: --config, --url, or REDIS_URL and STORAGE_KEYS in the environment',
    )
  const [inside, outside] = await Promise.all([
    redis || keys ? examineRedis(keyPrefix) : noRedis,
    url === undefined ? noUrl : examineUrl(url, undefined),
  ])
  return together([inside, outside, noOptions])
}

const toOmission = (part: string, how: string): Examined => ({
  findings: [],
  omissions: [{ part, how }],
})

const noRedis = toOmission(
  'storage, registered clients and signing keys',
  'set REDIS_URL and STORAGE_KEYS, or add --config with the module of the server',
)
const noUrl = toOmission('the server as clients reach it', 'add --url with its issuer')
const noOptions = toOmission(
  'options: their secrets, people and clients',
  'add --config with the module of the server',
)

/** Looks at the storage alone, and at what the environment has. */
async function examineRedis(keyPrefix: string | undefined): Promise<Examined> {
  const { keys = [] } = givenRedisSettings()
  const cookieKeys = readCookieKeys().filter(Boolean)
  const findings = findWeakSecrets([
    ...placeAll('STORAGE_KEYS', keys),
    ...placeAll('COOKIE_KEYS', cookieKeys),
  ])
  const secrets: Examined = { findings, omissions: [] }
  try {
    const { storage, close } = await openRedis(keyPrefix, async () => undefined)
    try {
      const check = async (): Promise<readonly Finding[]> =>
        ((await storage.check?.()) ?? []).map(({ code, message }) =>
          toFinding(code, 'storage', message),
        )
      return together([secrets, await examineStorage(createStandalone(storage), storage, check)])
    } finally {
      await close()
    }
  } catch (error) {
    if (!(error instanceof RedisRefusal)) throw error
    return together([secrets, toUnread([toFinding(error.code, 'storage', error.message)])])
  }
}

/** Looks at the server of a module, at its storage, and at its public URL. */
async function examineHost(file: string, url: string | undefined): Promise<Examined> {
  const warnings = collectWarnings()
  try {
    const { administration, close } = await importHost(file)
    const { config } = insidesOf(administration) ?? {}
    const [inside, outside, options] = await Promise.all([
      examineServer(administration),
      examineUrl(url ?? administration.provider?.issuer ?? '', config),
      config ? examineOptions(config, givenRedisSettings().keys) : noOptions,
    ])
    await close()
    const warned: Examined = { findings: await warnings.found(), omissions: [] }
    return together([inside, warned, options, outside])
  } catch (error) {
    const issues = error instanceof Refusal ? issuesOf(error.cause) : []
    if (issues.length === 0) throw error
    return together([
      { findings: issues.map((issue) => toIssueFinding(issue, 'options_wrong')), omissions: [] },
      toOmission('everything else', 'correct the options first'),
    ])
  } finally {
    warnings.stop()
  }
}

const toIssueFinding = ({ path, code, message }: ConfigurationIssue, as = code): Finding =>
  toFinding(as, path, message)

/** The module may have another copy of this package than the command line. */
const issuesOf = (error: unknown): readonly ConfigurationIssue[] =>
  error instanceof Error && error.name === ConfigurationError.name
    ? (error as ConfigurationError).issues
    : []

async function examineServer(administration: OpenHost['administration']): Promise<Examined> {
  const { check } = administration as { check?: () => Promise<void> }
  const { storage } = insidesOf(administration)?.config ?? {}
  const { findings, omissions } = await examineStorage(administration, storage, async () => {
    try {
      await check?.()
      return []
    } catch (error) {
      const issues = issuesOf(error)
      if (issues.length === 0) throw error
      return issues.map((issue) => toIssueFinding(issue))
    }
  })
  // The module is the server, so its prefix is right, also if the server has stored nothing yet.
  return { findings: findings.filter(({ code }) => code !== 'other_prefix'), omissions }
}

/** Warnings of the process that were findings. */
interface Warnings {
  /** The warnings so far. */
  readonly found: () => Promise<readonly Finding[]>
  readonly stop: () => void
}

/** Short secrets are found by their values. */
const known = ['short_client_secret']

/** Collects what a server warns of when it is created and checked. Other warnings go where they went. */
function collectWarnings(): Warnings {
  const before = process.listeners('warning')
  const findings: Finding[] = []
  const collect = (warning: Error & { readonly code?: string }): void => {
    const { name, code = '', message } = warning
    if (name !== 'ClientWarning') before.forEach((listener) => listener(warning))
    else if (!known.includes(code)) findings.push(toFinding(code, 'clients', message))
  }
  process.removeAllListeners('warning')
  process.on('warning', collect)
  return {
    async found() {
      // Node tells warnings at the end of a turn.
      await new Promise(setImmediate)
      return findings
    },
    stop() {
      process.off('warning', collect)
      for (const listener of before) process.on('warning', listener)
    },
  }
}
