import type { Round } from './load.ts'
import type { ServerName } from './server-process.ts'

/** The least part of the framework's rate that this server must reach. */
const budget = 0.9

/**
 * How far two fresh processes of one and the same server lie apart, whatever the rounds say: with
 * `--same`, two launches were 5 % off where the pairs alone gave a margin of 4 %. More launches even
 * it out.
 */
const launchNoise = 0.07

/** The rounds of one scenario: the pairs ran one right after the other. */
export interface Measured {
  readonly scenario: string
  readonly launches: number
  readonly pairs: readonly { readonly ours: Round; readonly bare: Round }[]
}

export type Verdict = 'within' | 'over' | 'unclear'

/** A part of what the framework reaches, with how far the noise of this run may have moved it. */
interface Share {
  readonly ratio: number
  readonly margin: number
}

export interface Judged {
  readonly scenario: string
  /** The measured rate. */
  readonly rate: Share
  /** The work done with the same processor time: the rate that a machine with nothing else to do reaches. */
  readonly work: Share
  readonly verdict: Verdict
}

/**
 * Holds a scenario against the budget, in both ways. The processor time tells the cost where the
 * load or the neighbours, not the server, hold the rate down: one of the two over is over.
 */
export function judge({ scenario, launches, pairs }: Measured): Judged {
  const floor = launchNoise / Math.sqrt(launches)
  const rate = toShare(
    floor,
    pairs.map(({ ours, bare }) => [ours.rate, bare.rate]),
  )
  const work = toShare(
    floor,
    pairs.map(({ ours, bare }) => [1 / ours.cpu, 1 / bare.cpu]),
  )
  const shares = [rate, work]
  const verdict = shares.some(({ ratio, margin }) => ratio + margin < budget)
    ? 'over'
    : shares.every(({ ratio, margin }) => ratio - margin >= budget)
      ? 'within'
      : 'unclear'
  return { scenario, rate, work, verdict }
}

/**
 * The ratio of the medians. Noise hits the two rounds of a pair alike, so what of it remains shows
 * in how the ratio differs from pair to pair: the margin is twice the standard error of their median
 * (1.4826 makes a standard deviation of the median absolute deviation, 1.2533 a median of a mean),
 * but never less than what the choice of processes alone does.
 */
function toShare(floor: number, pairs: readonly (readonly [ours: number, bare: number])[]): Share {
  const ratio = median(pairs.map(([ours]) => ours)) / median(pairs.map(([, bare]) => bare))
  const ratios = pairs.map(([ours, bare]) => ours / bare)
  const center = median(ratios)
  const deviation = 1.4826 * median(ratios.map((value) => Math.abs(value - center)))
  return { ratio, margin: Math.max(floor, (2 * 1.2533 * deviation) / Math.sqrt(pairs.length)) }
}

const header = ['scenario', 'server', 'per second', 'p50 ms', 'p99 ms', 'CPU µs each', 'busy']

/** The rates, latencies and processor times, as a table in Markdown. */
export function toTable(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ scenario, pairs }) =>
    (['ours', 'bare'] as const).map((server) =>
      toRow(
        scenario,
        server,
        pairs.map((pair) => pair[server]),
      ),
    ),
  )
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const toLine = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`
  const rule = widths.map(
    (width, column) => '-'.repeat(width - (column < 2 ? 0 : 1)) + (column < 2 ? '' : ':'),
  )
  return [toLine(header), `| ${rule.join(' | ')} |`, ...rows.map(toLine)].join('\n')
}

const pad = (cell: string, width: number, column: number): string =>
  column < 2 ? cell.padEnd(width) : cell.padStart(width)

function toRow(scenario: string, server: ServerName, rounds: readonly Round[]): readonly string[] {
  const latencies = rounds.flatMap((round) => round.latencies).toSorted((a, b) => a - b)
  return [
    scenario,
    server,
    median(rounds.map(({ rate }) => rate)).toFixed(0),
    quantile(latencies, 0.5).toFixed(1),
    quantile(latencies, 0.99).toFixed(1),
    median(rounds.map(({ cpu }) => cpu)).toFixed(0),
    `${(100 * median(rounds.map(({ busy }) => busy))).toFixed(0)} %`,
  ]
}

/** One sentence of a verdict. */
export function toSentence({ scenario, rate, work, verdict }: Judged): string {
  const measured = `${toPercent(rate)} of the framework's rate, ${toPercent(work)} of its work per CPU`
  return `${scenario}: ${measured}: ${verdictWords[verdict]} (at least ${100 * budget} %)`
}

const toPercent = ({ ratio, margin }: Share): string =>
  `${(100 * ratio).toFixed(1)} % ± ${(100 * margin).toFixed(1)}`

const verdictWords: Readonly<Record<Verdict, string>> = {
  within: 'within the budget',
  over: 'OVER the budget',
  unclear: 'too close to tell from the budget',
}

function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}

/** A quantile of sorted values, between its two neighbours. */
function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part
  const low = sorted[Math.floor(at)] ?? NaN
  const high = sorted[Math.ceil(at)] ?? NaN
  return low + (high - low) * (at - Math.floor(at))
}
