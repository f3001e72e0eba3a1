import type { ViteUserConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// `npm run fuzz` has more cases in each test.
const times = Number(process.env['FUZZ_TIMES'] || 1)

const shared = {
  environment: 'node',
  pool: 'forks',
  // These end a test that would never end, and no more: how long one takes is a matter of the machine.
  testTimeout: 120_000 * times,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
  // One test that alone is switched on is not a passed suite.
  allowOnly: false,
  setupFiles: 'test/support/checked-fetch.ts',
} as const

// Groups, one after the other: what keeps a processor busy, and what waits for others, of which more go at once.
const busy = { maxWorkers: 2, sequence: { groupOrder: 0 } } as const
const waits = { maxWorkers: 4, sequence: { groupOrder: 1 } } as const
// Then, one file at a time, those that take the whole machine.
const alone = { maxWorkers: 1, sequence: { groupOrder: 2 } } as const

// Files share processes: starting one, and loading the framework for it, takes longer than most files do. Each leaves the
// process as it was.
const quick = { isolate: false } as const

// These move the clock of their process: each has one of its own.
const movingTheClock = ['test/testing/!(closing).test.ts']

// Most of the time of these goes by until a lifetime or a patience is over.
const waiting = [
  'test/adapters/broken-adapters.test.ts',
  'test/clients/{life,name-claims,registration-management}.test.ts',
  'test/flows/{lifetimes,token-replay}.test.ts',
  'test/resource-server/verifiers.test.ts',
]

// Most of the time of these goes to processes and servers that they start.
const startingProcesses = [
  'test/adapters/contract.test.ts',
  'test/bench/bench.test.ts',
  'test/cli/keys.test.ts',
  'test/cli/{clients-surroundings,config,copy-views,doctor*,first-day,full-disk,listeners,preview,redis-gone,redis-kinds,stopping,terminal,try*}.test.ts',
  'test/clients/{members,rules,uris}.test.ts',
  'test/docs/{recipes,snippets}.test.ts',
  'test/deploy/**/*.test.ts',
  'test/examples/**/*.test.ts',
  'test/keys/**/*.test.ts',
  'test/resource-server/killed.test.ts',
  'test/testing/closing.test.ts',
]

// These bring a storage of their own, or ask nothing that is stored: with Redis they would only run again.
const withOwnStorage = [
  'test/clients/{alphabets,answer-parameters,cost,logo-uris,names,unused}.test.ts',
  'test/clients/registration-{bounds,fuzz}.test.ts',
  'test/flows/{code-replay,consent,host-answers,host-sign-in,host-sign-in-time,large-requests}.test.ts',
  'test/flows/{openid-parameters,program-errors,quick-{grants,hosts,requests},refresh-overlap,select-account,session-age}.test.ts',
  'test/interaction/{answered,consent,csrf,decided-once,forged-posts,shown-terms}.test.ts',
]

// These are small and take long. On a fresh clone Vitest knows no times, and would begin with the largest files.
const longest = [
  'test/adapters/contract.test.ts',
  'test/browser/pages.test.ts',
  'test/clients/rules.test.ts',
]

const isLong = ({ moduleId }: TestSpecification): boolean =>
  longest.some((name) => moduleId.endsWith(name))

/** At its place in a list, as a part of the list. */
const spread = <T>(list: readonly T[]): readonly (readonly [item: T, place: number])[] =>
  list.map((item, index) => [item, index / list.length])

/** Spreads the files that start processes among those that mostly wait, so that neither kind comes alone. */
class StartingBesideWaiting extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // eslint-disable-next-line unicorn/no-array-sort -- it is not the method of an array
    const sorted = await super.sort(files)
    const longestFirst = [
      ...sorted.filter((file) => isLong(file)),
      ...sorted.filter((file) => !isLong(file)),
    ]
    const groups = Object.groupBy(longestFirst, ({ project }) => kindOf(project.name))
    const { starting = [], waiting: patient = [], others = [] } = groups
    const mixed = [...spread(starting), ...spread(patient)].toSorted(([, a], [, b]) => a - b)
    return [...others, ...mixed.map(([file]) => file)]
  }
}

function kindOf(project: string): 'starting' | 'waiting' | 'others' {
  if (project === 'processes') return 'starting'
  return project === 'storage' || project === 'waiting' ? 'waiting' : 'others'
}

const config: ViteUserConfig = {
  test: {
    sequence: { sequencer: StartingBesideWaiting },
    projects: [
      {
        test: {
          ...shared,
          ...busy,
          ...quick,
          name: 'main',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/browser/**',
            'test/soak/**',
            'test/storage/**',
            ...movingTheClock,
            ...startingProcesses,
            ...waiting,
          ],
        },
      },
      { test: { ...shared, ...busy, name: 'clock', include: movingTheClock } },
      { test: { ...shared, ...waits, name: 'processes', include: startingProcesses } },
      { test: { ...shared, ...waits, name: 'waiting', include: waiting } },
      // What people see, in a real browser.
      { test: { ...shared, ...busy, name: 'browser', include: ['test/browser/**/*.test.ts'] } },
      // The black-box tests once more, with everything in Redis.
      {
        test: {
          ...shared,
          ...busy,
          ...quick,
          name: 'redis',
          include: ['test/{clients,flows,interaction}/**/*.test.ts'],
          exclude: [...startingProcesses, ...withOwnStorage],
          env: { TEST_STORAGE: 'redis' },
        },
      },
      // Real servers under races, faults and failovers: these take minutes.
      {
        test: {
          ...shared,
          ...waits,
          name: 'storage',
          include: ['test/storage/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
      // The most that the machine can do, with outages.
      {
        test: {
          ...shared,
          ...alone,
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
    ],
  },
}

export default config
