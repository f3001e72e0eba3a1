import { availableParallelism, cpus } from 'node:os'
import { format } from 'prettier'
import { connectionCount } from './fixture.ts'
import type { Plan, Round, Rounds } from './measure.ts'
import type { ServerName } from './server-process.ts'
import { toSpread, toText, type Spread } from './spread.ts'
import type { Work } from './works.ts'

/** A whole run, as it is written to `results.json`. */
export interface Report {
  readonly made: string
  readonly node: string
  readonly processors: string
  readonly connections: number
  readonly rounds: number
  readonly seconds: number
  readonly works: readonly WorkReport[]
}

export interface WorkReport {
  readonly work: string
  readonly reach: number
  readonly stretch: number | undefined
  readonly servers: readonly ServerReport[]
}

export interface ServerReport {
  readonly server: ServerName
  readonly figures: Readonly<Record<keyof Round, Spread>>
  /** The rate of `ours` as a multiple of the rate of this server. */
  readonly rateRatio: Spread | undefined
  /** The processor time of this server as a multiple of the time of `ours`, for the same work. */
  readonly cpuRatio: Spread | undefined
  readonly rounds: readonly Round[]
}

export function toReport(plan: Plan, measured: ReadonlyMap<Work, Rounds>): Report {
  return {
    made: new Date().toISOString(),
    node: process.version,
    processors: `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    connections: connectionCount,
    rounds: plan.launches * plan.rounds,
    seconds: plan.seconds,
    works: [...measured].map(([work, rounds]) => toWorkReport(work, rounds)),
  }
}

function toWorkReport({ name, reach, stretch }: Work, measured: Rounds): WorkReport {
  const ours = measured.get('ours') ?? []
  const servers = [...measured].map(([server, rounds]): ServerReport => {
    const spreadOf = (figure: keyof Round): Spread => toSpread(rounds.map((round) => round[figure]))
    // Noise hits neighbouring rounds alike, so the ratio is taken round by round.
    const ratios = (toRatio: (own: Round, other: Round) => number): Spread | undefined =>
      server === 'ours' || ours.length === 0
        ? undefined
        : toSpread(rounds.map((other, index) => toRatio(ours[index] as Round, other)))
    return {
      server,
      figures: {
        rate: spreadOf('rate'),
        p50: spreadOf('p50'),
        p99: spreadOf('p99'),
        cpu: spreadOf('cpu'),
        memory: spreadOf('memory'),
        commands: spreadOf('commands'),
        bytes: spreadOf('bytes'),
        redisCpu: spreadOf('redisCpu'),
      },
      rateRatio: ratios((own, other) => own.rate / other.rate),
      cpuRatio: ratios((own, other) => other.cpu / own.cpu),
      rounds,
    }
  })
  return { work: name, reach, stretch, servers }
}

/** The works whose rate is below what they have to reach. */
export const findMissed = ({ works }: Report): readonly WorkReport[] =>
  works.filter(({ reach, servers }) => {
    const ratio = servers.find(({ server }) => server === 'bare')?.rateRatio
    return ratio !== undefined && ratio.median < reach
  })

/** The two tables of a run, in Markdown. */
export function toTables({ works }: Report): Promise<string> {
  const speed = works.flatMap(({ work, reach, stretch, servers }) =>
    servers.map(({ server, figures: { rate, p50, p99, cpu }, rateRatio, cpuRatio }) => [
      work,
      server,
      toText(rate),
      toText(p50, 1),
      toText(p99, 1),
      toText(cpu),
      rateRatio ? toText(rateRatio, 2) : '',
      server === 'bare' ? `${reach}${stretch === undefined ? '' : ` (${stretch})`}` : '',
      cpuRatio ? toText(cpuRatio, 2) : '',
    ]),
  )
  const storage = works.flatMap(({ work, servers }) =>
    servers.map(({ server, figures: { memory, commands, bytes, redisCpu } }) => [
      work,
      server,
      toText(memory),
      toText(commands, 1),
      toText(bytes),
      toText(redisCpu),
    ]),
  )
  const toLines = (header: string, rows: readonly (readonly string[])[]): string =>
    [header, ...rows.map((cells) => `|${cells.join('|')}|`)].join('\n')
  const text = `
${toLines('|work|server|per second|p50 ms|p99 ms|CPU µs|ours: rate|to reach|ours: CPU|\n|-|-|-:|-:|-:|-:|-:|-:|-:|', speed)}

${toLines('|work|server|memory MB|commands|bytes|CPU of Redis µs|\n|-|-|-:|-:|-:|-:|', storage)}
`
  return format(text, { parser: 'markdown' })
}
