import { Command, InvalidArgumentError } from 'commander'
import { sayingWhy, withCommonOptions, type CommonOptions } from '../run.ts'
import { print } from '../terminal/print.ts'
import { bold, clean, toJson } from '../terminal/text.ts'
import type { Examined, Finding, Severity } from './remedies.ts'

interface DoctorCommandOptions extends CommonOptions {
  readonly url?: string
}

/** Creates `doctor`, which looks for what is wrong with a server and around it. */
export const createDoctorCommand = (): Command =>
  withCommonOptions(
    new Command('doctor').description('look for what is wrong with a server, and around it'),
  )
    .option(
      '--url <url>',
      'where clients reach the server; without it, the issuer of --config',
      toUrl,
    )
    .addHelpText(
      'after',
      `
It looks at as much as you give it: the server that a module of yours exports (--config), a server that runs (--url), or the Redis
of REDIS_URL and STORAGE_KEYS. At the end it names what it did not look at. It changes nothing, and prints no secret.

It ends with 0 if nothing was found, with 1 if something was, and with 2 if it could not look. docs/doctor.md has a section for
each code.

Examples:
  pleo-oauth doctor --config ./server.js
  pleo-oauth doctor --url https://auth.example.com
  pleo-oauth doctor --config ./server.js --json | jq -r '.findings[].code'`,
    )
    .action(async (options: DoctorCommandOptions) => {
      let isDone = false
      await sayingWhy(async () => {
        // It loads the framework, which no other command needs at its start.
        const { examine } = await import('./doctor.ts')
        const examined = await examine(options)
        await print(toReport(examined, options.json))
        if (examined.findings.length > 0) process.exitCode = 1
        isDone = true
      })
      // 1 would say that it has found something.
      if (!isDone) process.exitCode = 2
      // A module of the host can still have something open.
      process.exit()
    })

function toUrl(text: string): string {
  const url = URL.parse(text)
  const isRight = url && /^https?:$/.test(url.protocol) && !/[?#]/.test(text) && !url.username
  if (!isRight) throw new InvalidArgumentError('It must be an http or https URL, without a query.')
  return url.href.replace(/\/$/, '')
}

const severities: readonly Severity[] = ['error', 'warning']

/** The findings, the worst first, and the parts that were not looked at. */
function toReport({ findings, omissions }: Examined, isJson = false): string {
  const sorted = severities.flatMap((one) => findings.filter(({ severity }) => severity === one))
  if (isJson) return toJson({ findings: sorted, notLookedAt: omissions })
  const left = omissions.map(({ part, how }) => clean(`  ${part}: ${how}`))
  return [
    ...sorted.map((finding) => toParagraph(finding)),
    toSum(findings),
    ...(left.length > 0 ? [`Not looked at:\n${left.join('\n')}`] : []),
  ].join('\n\n')
}

const toParagraph = ({ code, severity, place, message, fix, page }: Finding): string =>
  [
    bold(`${severity} ${clean(code)}`),
    `  ${clean(`${place}: ${message}`)}`,
    `  ${clean(fix)}`,
    `  ${clean(page)}`,
  ].join('\n')

function toSum(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing was found.'
  const counts = severities.map((severity) => {
    const count = findings.filter((one) => one.severity === severity).length
    return `${count} ${severity}${count === 1 ? '' : 's'}`
  })
  return `Found: ${counts.join(', ')}.`
}
