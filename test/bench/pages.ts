import { parseArgs } from 'node:util'
import { createViews } from '../../lib/pages/pages.ts'
import type { Page } from '../../lib/pages/page-data.ts'
import { createSamples } from '../../lib/workbench/samples.ts'

// How much work it is to draw each page, in each of its states. CPU time of this process, which another process
// takes nothing away from; the best of several rounds, as what the machine does besides only adds to it.

/** What a page may take, in milliseconds. */
const budget = 2
const rounds = 15
const pagesPerRound = 40
const warmUpPages = 400

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values

const english = createViews({}, 'https://auth.example.test').of('en')
const samples = createSamples(english)

const measured = Object.entries(samples)
  .flatMap(([page, states]) =>
    Object.entries(states).map(([state, data]) => {
      const draw = (): string => english.render(page as Page, data as never)
      return { page, state, kilobytes: draw().length / 1024, milliseconds: measure(draw) }
    }),
  )
  .toSorted((one, other) => other.milliseconds - one.milliseconds)

for (const { page, state, kilobytes, milliseconds } of measured) {
  const figures = `${milliseconds.toFixed(2).padStart(6)} ms ${kilobytes.toFixed(0).padStart(4)} KB`
  console.log(`${figures}  ${page}: ${state}`)
}
const over = measured.filter(({ milliseconds }) => milliseconds >= budget)
console.log(`\n${over.length} of ${measured.length} take ${budget} ms or more`)
if (check && over.length > 0) process.exitCode = 1

function measure(draw: () => unknown): number {
  for (let count = 0; count < warmUpPages; count += 1) draw()
  const times = Array.from({ length: rounds }, () => {
    const start = process.cpuUsage()
    for (let count = 0; count < pagesPerRound; count += 1) draw()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000 / pagesPerRound
  })
  return Math.min(...times)
}
