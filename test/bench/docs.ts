import { readFile, writeFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { toChart } from './chart.ts'
import { begin as capacityBegin, end as capacityEnd, toCapacityTable } from './capacity.ts'
import { toTables, type Report } from './report.ts'

const begin = '<!-- figures: written by npm run bench -- --full --docs -->'
const end = '<!-- end of figures -->'

/** Replaces the figures of docs/benchmarks.md, its chart, and the capacity in docs/deploy.md that follows from them. */
export async function writeDocs(report: Report): Promise<void> {
  const page = new URL('../../docs/benchmarks.md', import.meta.url)
  const { made, node, processors, connections, rounds, seconds } = report
  const run = `${made.slice(0, 10)}, Node ${node}, ${processors}, ${connections} connections, ${rounds} rounds of ${seconds} seconds for each server and work.`
  const figures = [
    run,
    '![Rates of the three servers](images/benchmarks.svg)',
    await toTables(report),
  ].join('\n\n')
  await writeFile(new URL('images/benchmarks.svg', page), toChart(report))
  await replace(page, [begin, end], figures)
  const operations = await readFile(new URL('operations.md', page), 'utf8')
  const capacity = toCapacityTable(figures, operations)
  await replace(new URL('deploy.md', page), [capacityBegin, capacityEnd], capacity)
}

/** Replaces what is between two comments of a page. */
async function replace(
  page: URL,
  [first, last]: readonly [string, string],
  middle: string,
): Promise<void> {
  const text = await readFile(page, 'utf8')
  const [before, rest = ''] = text.split(first)
  const [, after] = rest.split(last)
  if (before === undefined || after === undefined) {
    throw new Error(`${page.pathname} must have "${first}" and "${last}".`)
  }
  const options = await resolveConfig(page)
  const whole = [before.trimEnd(), first, middle, last, after.trimStart()].join('\n\n')
  await writeFile(page, await format(whole, { ...options, parser: 'markdown' }))
}
