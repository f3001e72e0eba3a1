import { readFile, writeFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { toChart } from './chart.ts'
import { toTables, type Report } from './report.ts'

const begin = '<!-- figures: written by npm run bench -- --full --docs -->'
const end = '<!-- end of figures -->'

/** Replaces the figures between the two comments of docs/benchmarks.md, and its chart. */
export async function writeDocs(report: Report): Promise<void> {
  const page = new URL('../../docs/benchmarks.md', import.meta.url)
  const text = await readFile(page, 'utf8')
  const [before, rest = ''] = text.split(begin)
  const [, after] = rest.split(end)
  if (before === undefined || after === undefined) {
    throw new Error(`docs/benchmarks.md must have "${begin}" and "${end}".`)
  }
  const { made, node, processors, connections, rounds, seconds } = report
  const run = `${made.slice(0, 10)}, Node ${node}, ${processors}, ${connections} connections, ${rounds} rounds of ${seconds} seconds for each server and work.`
  const figures = [
    begin,
    run,
    '![Rates of the three servers](images/benchmarks.svg)',
    await toTables(report),
    end,
  ]
  await writeFile(new URL('images/benchmarks.svg', page), toChart(report))
  const options = await resolveConfig(page)
  const whole = [before.trimEnd(), ...figures, after.trimStart()].join('\n\n')
  await writeFile(page, await format(whole, { ...options, parser: 'markdown' }))
}
