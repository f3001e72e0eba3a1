import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ClientMetadata } from '../../lib/index.ts'
import { createFolder } from '../support/folder.ts'
import { password } from '../support/people.ts'
import { blockOf, deployFolder } from './files.ts'

/** The settings that are secret. */
export interface Secrets {
  /** The path of the file. */
  readonly file: string
  /** Those that a test chooses: what is set in the environment wins over the file. */
  readonly env: Readonly<Record<string, string>>
}

/** Makes the file with the secrets as the document says. */
export function makeSecrets(redisUrl: string): Secrets {
  const folder = createFolder()
  execFileSync('sh', ['-euc', blockOf('sh', 'STORAGE_KEYS=')], { cwd: folder, stdio: 'pipe' })
  return {
    file: join(folder, 'secrets'),
    env: { REDIS_URL: redisUrl, DEMO_EMAIL: 'sofia@example.test', DEMO_PASSWORD: password },
  }
}

/** Runs the doctor as the document says. Resolves to what it found. */
export async function callDoctor(
  { file }: Secrets,
  env: Readonly<Record<string, string>>,
): Promise<readonly { readonly code: string }[]> {
  const [program = '', ...args] = blockOf('sh', 'doctor --config')
    .trim()
    .replace('--env-file=secrets', `--env-file=${file}`)
    .replace('node_modules/.bin/pleo-oauth', join(deployFolder, '../../dist/lib/cli.js'))
    .split(' ')
  const options = { cwd: deployFolder, env: { PATH: process.env['PATH'], ...env } }
  const run = promisify(execFile)(
    program.replace(/^node$/, process.execPath),
    [...args, '--json'],
    options,
  )
  // It ends with 1 if it found something.
  const { stdout } = await run.catch((error: { readonly stdout: string }) => error)
  return (JSON.parse(stdout) as { readonly findings: readonly { readonly code: string }[] })
    .findings
}

/** Registers a client as the document says. */
export function registerClient({ file, env }: Secrets): ClientMetadata {
  const script = blockOf('sh', 'clients create').replaceAll('\\\n', ' ')
  const [, command = ''] = /exec server-1 (.*)$/s.exec(script) ?? []
  const line = command
    .replace('/run/secrets/pleo-oauth', file)
    .replace('node_modules/.bin/pleo-oauth', join(deployFolder, '../../dist/lib/cli.js'))
    .replace(/^node/, JSON.stringify(process.execPath))
  const said = execFileSync('sh', ['-euc', `${line.trim()} --json`], {
    env: { PATH: process.env['PATH'], REDIS_URL: env['REDIS_URL'] },
    encoding: 'utf8',
  })
  const { client, secret } = JSON.parse(said) as {
    readonly client: { readonly metadata: ClientMetadata }
    readonly secret: string
  }
  return { ...client.metadata, client_secret: secret }
}
