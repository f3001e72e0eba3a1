import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { decode } from './decode.ts'
import { printProblem, printStarted } from './print.ts'
import { StartError } from './start-error.ts'
import { startExample } from './start.ts'
import { endOnSignal } from '../signals.ts'

try {
  if (existsSync('.env')) readEnvironmentFile('.env')
  const example = await startExample(process.env)
  endOnSignal(example.close)
  printStarted(example)
} catch (error) {
  if (!(error instanceof StartError)) throw error
  printProblem(error.message)
  process.exitCode = 1
  // If it is ended while it connects, ioredis 6.0.0 may go on listening to the Sentinels, which would keep this from its end.
  setTimeout(() => process.exit(), 1000).unref()
}

/** Sets the variables of a file. A variable that is set already wins over the file. */
function readEnvironmentFile(path: string): void {
  const text = decode(readFileSync(path))
  if (text === undefined) throw new StartError(`${path} is not text in UTF-8: save it as UTF-8`)
  for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value
}
