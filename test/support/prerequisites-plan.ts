/** What the machine has, as far as the tests need to know. */
export interface Facts {
  /** Where a program is on the PATH. */
  readonly findProgram: (name: string) => string | undefined
  /** Whether there is a program at that path. */
  readonly isProgram: (path: string) => boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** The id of the user who runs the tests; `undefined` where there are no such ids. */
  readonly uid: number | undefined
  /** What `/etc/os-release` says; empty where there is none. */
  readonly osRelease: string
}

/** What to do before the tests: nothing, get packages with apt-get, or stop. */
export type Plan =
  | { readonly action: 'proceed' }
  | { readonly action: 'install'; readonly packages: readonly string[] }
  | { readonly action: 'stop'; readonly reason: string }

type Package = 'chromium' | 'redis-server'

const stop = (reason: string): Plan => ({ action: 'stop', reason })

/** Decides what is to be done before the tests can run. A reason to stop is one line. */
export function plan(facts: Facts): Plan {
  const { env, findProgram, isProgram } = facts
  const chromium = env['CHROMIUM_PATH']
  const redis = env['REDIS_SERVER_PATH']
  if (chromium && !isProgram(chromium)) return stop(`CHROMIUM_PATH names no program: ${chromium}`)
  if (redis && !isProgram(redis)) return stop(`REDIS_SERVER_PATH names no program: ${redis}`)
  const missing: Package[] = []
  if (!chromium && !findProgram('chromium')) missing.push('chromium')
  if (!redis && !findProgram('redis-server')) missing.push('redis-server')
  return missing.length === 0 ? { action: 'proceed' } : planFor(missing, facts)
}

function planFor(missing: readonly Package[], { findProgram, uid, osRelease }: Facts): Plan {
  const distributions = distributionsOf(osRelease)
  const isUbuntu = distributions.includes('ubuntu')
  const hasApt = distributions.some((name) => name === 'debian' || name === 'ubuntu')
  // The chromium package of Ubuntu holds no browser: it asks snap for one, which needs a running snapd.
  if (isUbuntu && missing.includes('chromium')) {
    return stop(
      `${toSentence(missing)}; Ubuntu has Chromium as a snap only: install a Chromium or Chrome and set CHROMIUM_PATH to its program`,
    )
  }
  if (!hasApt || !findProgram('apt-get')) return stop(`${toSentence(missing)}; ${byHand(missing)}`)
  if (uid === 0) return { action: 'install', packages: missing }
  return stop(
    `${toSentence(missing)}; as root: apt-get install ${missing.join(' ')} (or ${byHand(missing)})`,
  )
}

const toSentence = (missing: readonly Package[]): string =>
  `the tests need ${missing.join(' and ')}, not found on the PATH`

function byHand(missing: readonly Package[]): string {
  const ways = {
    chromium: 'set CHROMIUM_PATH to the program of a Chromium or Chrome',
    'redis-server': 'set REDIS_SERVER_PATH to the program redis-server',
  }
  return missing.map((name) => ways[name]).join(', ')
}

/** The distribution and those it derives from, in the words of `/etc/os-release`. */
function distributionsOf(osRelease: string): readonly string[] {
  return osRelease
    .split('\n')
    .filter((line) => /^(ID|ID_LIKE)=/.test(line))
    .flatMap((line) => line.replace(/^\w+=/, '').replaceAll(/["']/g, '').trim().split(/\s+/))
}
