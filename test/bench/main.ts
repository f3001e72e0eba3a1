import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toChart } from './chart.ts'
import { writeDocs } from './docs.ts'
import { measureLocal } from './local.ts'
import { measure } from './measure.ts'
import { readOptions } from './options.ts'
import { findMissed, toReport, toTables } from './report.ts'

try {
  await run()
} catch (error) {
  console.error(`\nNo report. ${(error as Error).message}`)
  process.exitCode = 1
}
// The servers of a run that failed end with this process.
process.exit()

async function run(): Promise<void> {
  const { out, docs, check, local, ...plan } = readOptions()
  if (local) return console.log(await measureLocal(plan.rounds, plan.seconds))
  const report = toReport(plan, await measure(plan, progress))
  await mkdir(out, { recursive: true })
  await writeFile(join(out, 'results.json'), JSON.stringify(report, undefined, 2))
  await writeFile(join(out, 'chart.svg'), toChart(report))
  if (docs) await writeDocs(report)
  console.log(`\n${await toTables(report)}\nresults.json and chart.svg are in ${out}.`)
  const missed = findMissed(report).map(({ work }) => work)
  if (missed.length > 0) console.log(`Below the rate to reach: ${missed.join(', ')}.`)
  if (check && missed.length > 0) process.exitCode = 1
}

/** Writes over the line before, if somebody watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
  else console.error(text)
}
