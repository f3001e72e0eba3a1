import { parseArgs } from 'node:util'
import { createUsers, runRound, type Round } from './load.ts'
import { judge, toSentence, toTable, type Measured } from './report.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { startServer, type ServerProcess } from './server-process.ts'

// How a launch, that is two fresh servers, is spent: short rounds, so that what else the machine
// does hits both servers of a pair alike.
const pairsPerLaunch = 6
const roundSeconds = 1.2
const warmUpSeconds = 1.5
const launchSeconds = pairsPerLaunch * 2 * roundSeconds

const { values: flags, positionals: names } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    // The framework against itself: what such a run finds is noise.
    same: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name))
if (unknown.length > 0) {
  const known = scenarios.map(({ name }) => name).join(', ')
  console.error(`no scenario ${unknown.join(', ')}; there are ${known}`)
  process.exit(1)
}
const chosen = scenarios.filter(({ name }) => names.length === 0 || names.includes(name))

const seconds = Number(process.env['BENCH_SECONDS'] ?? 120)
if (!(seconds > 0)) {
  console.error(
    'BENCH_SECONDS must be a positive number: how long to measure, all scenarios together',
  )
  process.exit(1)
}
const launches = Math.max(1, Math.round(seconds / chosen.length / launchSeconds))

const measured: Measured[] = []
for (const scenario of chosen) {
  console.error(`${scenario.name}: ${launches} x ${pairsPerLaunch} pairs of rounds`)
  measured.push(await measure(scenario))
}
const judged = measured.map(judge)
console.log(`\n${toTable(measured)}\n`)
for (const one of judged) console.log(toSentence(one))
if (flags.check && judged.some(({ verdict }) => verdict === 'over')) process.exitCode = 1
// Kept connections would hold the process.
process.exit()

async function measure(scenario: Scenario): Promise<Measured> {
  const pairs: Measured['pairs'][number][] = []
  for (let launch = 0; launch < launches; launch += 1) {
    pairs.push(...(await measureLaunch(scenario)))
  }
  return { scenario: scenario.name, launches, pairs }
}

async function measureLaunch(scenario: Scenario): Promise<Measured['pairs']> {
  const profileFolder = process.env['BENCH_PROFILE']
  const ours = await startServer(flags.same ? 'bare' : 'ours', profileFolder)
  const bare = await startServer('bare', profileFolder)
  try {
    const runOurs = await warmUp(scenario, ours)
    const runBare = await warmUp(scenario, bare)
    const pairs: Measured['pairs'][number][] = []
    for (let pair = 0; pair < pairsPerLaunch; pair += 1) {
      // Every other pair the other way round: neither is always the one that comes second.
      if (pair % 2 === 0) pairs.push({ ours: await runOurs(), bare: await runBare() })
      else pairs.push({ bare: await runBare(), ours: await runOurs() })
    }
    return pairs
  } finally {
    await ours.stop()
    await bare.stop()
  }
}

/** Makes the server ready to be measured; what it gives runs one round. */
async function warmUp(scenario: Scenario, server: ServerProcess): Promise<() => Promise<Round>> {
  const users = await createUsers(scenario, server)
  await runRound(users, server, warmUpSeconds)
  return () => runRound(users, server, roundSeconds)
}
