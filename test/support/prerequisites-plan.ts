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

/** Programs that the tests need, each with the variable that names another one, and the words for it. */
const needed = {
  chromium: ['CHROMIUM_PATH', 'the program of a Chromium or Chrome'],
  'redis-server': ['REDIS_SERVER_PATH', 'the program redis-server'],
  nginx: ['NGINX_PATH', 'the program nginx'],
  openssl: ['OPENSSL_PATH', 'the program openssl'],
} as const

type Package = keyof typeof needed

const packages = Object.keys(needed) as readonly Package[]

const stop = (reason: string): Plan => ({ action: 'stop', reason })

/** Decides what is to be done before the tests can run. A reason to stop is one line. */
export function plan(facts: Facts): Plan {
  const { env, findProgram, isProgram } = facts
  const missing: Package[] = []
  for (const name of packages) {
    const [variable] = needed[name]
    const path = env[variable]
    if (path && !isProgram(path)) return stop(`${variable} names no program: ${path}`)
    if (!path && !findProgram(name)) missing.push(name)
  }
  const isUnitCheckMissing = !findProgram('systemd-analyze')
  return missing.length > 0 || isUnitCheckMissing
    ? planFor(missing, isUnitCheckMissing, facts)
    : { action: 'proceed' }
}

/** @param isUnitCheckMissing - only one test needs systemd-analyze, and says so itself. So it stops no machine that cannot have it. */
function planFor(
  missing: readonly Package[],
  isUnitCheckMissing: boolean,
  { findProgram, uid, osRelease }: Facts,
): Plan {
  const distributions = distributionsOf(osRelease)
  const isUbuntu = distributions.includes('ubuntu')
  const hasApt = distributions.some((name) => name === 'debian' || name === 'ubuntu')
  // The chromium package of Ubuntu holds no browser: it asks snap for one, which needs a running snapd.
  if (isUbuntu && missing.includes('chromium')) {
    return stop(
      `${toSentence(missing)}; Ubuntu has Chromium as a snap only: install a Chromium or Chrome and set CHROMIUM_PATH to its program`,
    )
  }
  const canInstall = hasApt && findProgram('apt-get') !== undefined
  if (canInstall && uid === 0) {
    return { action: 'install', packages: [...missing, ...(isUnitCheckMissing ? ['systemd'] : [])] }
  }
  if (missing.length === 0) return { action: 'proceed' }
  if (!canInstall) return stop(`${toSentence(missing)}; ${byHand(missing)}`)
  return stop(
    `${toSentence(missing)}; as root: apt-get install ${missing.join(' ')} (or ${byHand(missing)})`,
  )
}

const toSentence = (missing: readonly Package[]): string =>
  `the tests need ${missing.join(' and ')}, not found on the PATH`

const byHand = (missing: readonly Package[]): string =>
  missing.map((name) => `set ${needed[name][0]} to ${needed[name][1]}`).join(', ')

/** The distribution and those it derives from, in the words of `/etc/os-release`. */
function distributionsOf(osRelease: string): readonly string[] {
  return osRelease
    .split('\n')
    .filter((line) => /^(ID|ID_LIKE)=/.test(line))
    .flatMap((line) => line.replace(/^\w+=/, '').replaceAll(/["']/g, '').trim().split(/\s+/))
}
