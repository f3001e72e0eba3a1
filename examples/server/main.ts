import { existsSync } from 'node:fs'
import { printProblem, printStarted } from './print.ts'
import { StartError } from './start-error.ts'
import { startExample } from './start.ts'

// A variable that is set already wins over the file.
if (existsSync('.env')) process.loadEnvFile('.env')

try {
  const example = await startExample(process.env)
  const end = (): void => void example.close().then(() => process.exit(0))
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  printStarted(example)
} catch (error) {
  if (!(error instanceof StartError)) throw error
  printProblem(error.message)
  process.exitCode = 1
}
