import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { growthWorks } from './growth.ts'
import type { Plan } from './measure.ts'
import { works } from './works.ts'

export interface Options extends Plan {
  readonly out: string
  readonly docs: boolean
  readonly check: boolean
  readonly local: boolean
}

/**
 * The options of the command line.
 *
 * @throws Error if one is wrong
 */
export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      only: { type: 'string' },
      servers: { type: 'string' },
      compare: { type: 'string' },
      out: { type: 'string', default: 'bench-results' },
      docs: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      local: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
      profile: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    process.exit()
  }
  const { full, only, compare, docs, check, local, growth } = values
  if (docs && (!full || [only, compare, values.servers].some((value) => value !== undefined))) {
    throw new Error('The page holds full runs of everything. Use --full --docs alone.')
  }
  if (compare !== undefined && !existsSync(join(compare, 'dist/lib/index.js'))) {
    throw new Error(`There is no built package in ${compare}. Run npm run build there.`)
  }
  return {
    works: choose('only', only, growth ? [...growthWorks, ...works] : works, ({ name }) => name),
    servers: growth
      ? ['ours', 'grown']
      : [
          ...choose('servers', values.servers ?? 'ours,bare,thin', serverNames, (name) => name),
          ...(compare === undefined ? [] : (['compared'] as const)),
        ],
    launches: full ? 3 : 1,
    rounds: toNumber('rounds', values.rounds ?? '3'),
    seconds: toNumber('seconds', values.seconds ?? (full ? '3' : '1.5')),
    compare: compare === undefined ? undefined : resolve(compare),
    profile: values.profile,
    growth,
    out: values.out,
    docs,
    check,
    local,
  }
}

const help = `npm run bench -- [options]

  --full             three launches of each server, and longer rounds
  --only WORKS       some works, separated by commas: ${works.map(({ name }) => name).join(', ')}
  --servers SERVERS  some servers, separated by commas: ours, pair, bare, thin
  --compare FOLDER   another built checkout of this repository, beside this one
  --rounds N         rounds of each work (3): one round says nothing about the spread
  --seconds N        length of a round (1.5; with --full 3)
  --growth           a server with many grants beside one with few
  --local            calls in one process, without HTTP
  --profile FOLDER   processor profiles
  --out FOLDER       where results.json and chart.svg go (bench-results)
  --docs             with --full alone: writes docs/benchmarks.md
  --check            ends with 1 if a rate is not reached
`

const serverNames = ['ours', 'pair', 'bare', 'thin'] as const

/** Those of all that a list with commas names, in the order of all. Without a list, all. */
function choose<T>(
  option: string,
  list: string | undefined,
  all: readonly T[],
  toName: (one: T) => string,
): readonly T[] {
  const wanted = list === undefined ? all.map(toName) : list.split(',')
  const unknown = wanted.filter((name) => !all.some((one) => toName(one) === name))
  if (unknown.length === 0) return all.filter((one) => wanted.includes(toName(one)))
  throw new Error(`--${option} has ${unknown.join(', ')}. Use ${all.map(toName).join(', ')}.`)
}

function toNumber(option: string, text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new Error(`--${option} must be a number above 0.`)
}
