import { Command } from 'commander'
import type { Administration } from '../../administration.ts'
import { ClientMetadataError, type ConfigurationIssue } from '../../errors.ts'
import type { CreatedClient, NewClientMetadata } from '../../index.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { ask, canAsk, ownTerminal } from '../terminal/questions.ts'
import { UsageError } from '../terminal/refusals.ts'
import {
  toMetadata,
  toScope,
  toUris,
  withMetadataOptions,
  type MetadataOptions,
} from './client-options.ts'
import {
  toClientJson,
  toCreated,
  toLookAlikes,
  toPlainLookAlikes,
  toSecretAnswer,
} from './show-client.ts'

/** Registers a client. */
export function createCreateCommand(): Command {
  const command = withMetadataOptions(new Command('create'))
    .description('register a client; a confidential one gets a secret, shown this once')
    .option('--public', 'without a secret: for applications that cannot keep one')
    .option('--native', 'on a person’s own machine: redirect URIs may have a private scheme')
    .addHelpText(
      'after',
      `
On a terminal, the command asks for the name, the redirect URIs and the scopes that you leave out. It asks again if an
answer is wrong.

Examples:
  pleo-oauth clients create
  pleo-oauth clients create --name "Northwind Ledger" \\
    --redirect-uri https://ledger.example/callback \\
    --scope companies:read export-jobs:write
  (umask 077 && \\
    pleo-oauth clients create --metadata client.json --json > registered.json)`,
    )
  return withCommonOptions(command).action((options: MetadataOptions & CommonOptions) =>
    runWith(options, async (administration) => {
      const { withoutEmpty } = await import('../../administration.ts')
      const given = withoutEmpty(toMetadata(options)) as NewClientMetadata
      const created = await createAsking(administration, given)
      const { client, secret = null } = created
      const found = await administration.clients.findLookAlikes(client.clientId)
      return toSecretAnswer(
        created,
        options.json
          ? toClientJson({ client: { ...client, ...toPlainLookAlikes(found) }, secret })
          : toCreated(created, 'Registered') + toLookAlikes(found),
      )
    }),
  )
}

const questions = [
  { member: 'client_name', flag: '--name', text: 'Name, as people see it:', read: String },
  {
    member: 'redirect_uris',
    flag: '--redirect-uri',
    text: 'Redirect URIs, separated by spaces:',
    read: toUris,
  },
  { member: 'scope', flag: '--scope', text: 'Scopes, separated by spaces:', read: toScope },
] as const

type Question = (typeof questions)[number]

/**
 * Registers a client and asks for the members that are missing. It asks again if an answer is wrong.
 *
 * @throws {@link UsageError} with the missing options if there is no terminal to ask on;
 * {@link ClientMetadataError} if something is wrong that was not asked for
 */
async function createAsking(
  administration: Administration,
  given: NewClientMetadata,
): Promise<CreatedClient> {
  const missing = findMissing(given)
  if (missing.length > 0 && !canAsk(ownTerminal())) {
    const flags = missing.map(({ flag }) => flag).join(', ')
    throw new UsageError(`missing: ${flags} (on a terminal, you would be asked)`)
  }
  const createWith = async (
    metadata: NewClientMetadata,
    asked: readonly Question[],
  ): Promise<CreatedClient> => {
    const complete = { ...metadata, ...(await askFor(administration, asked)) }
    try {
      return await administration.clients.create(complete)
    } catch (error) {
      if (!(error instanceof ClientMetadataError)) throw error
      const { issues } = error
      const wrong = missing.filter((one) => issues.some((issue) => isAbout(issue, one)))
      if (!issues.every((issue) => wrong.some((one) => isAbout(issue, one))))
        throw withScopes(error, administration)
      const said = issues.map(({ path, message }) => `  ${path}: ${message}\n`)
      process.stderr.write(`The metadata is invalid:\n${said.join('')}`)
      return createWith(complete, wrong)
    }
  }
  return createWith(given, missing)
}

/** Only clients that people connect need redirect URIs and scopes. */
function findMissing(given: NewClientMetadata): readonly Question[] {
  // A file can contain any value here. The registration checks it.
  const types: unknown = given.grant_types
  const asksPeople = !Array.isArray(types) || types.includes('authorization_code')
  return questions.filter(
    ({ member }) => given[member] === undefined && (asksPeople || member === 'client_name'),
  )
}

async function askFor(
  { scopes }: Administration,
  asked: readonly Question[],
): Promise<NewClientMetadata> {
  if (asked.length === 0) return {}
  const answers = await ask(
    ownTerminal(),
    asked.map(({ member, text }) =>
      member === 'scope' && scopes
        ? { text, note: `Scopes there are: ${scopes.join(' ')}` }
        : { text },
    ),
  )
  const members = asked.map(({ member, read }, index) => [member, read(answers[index] ?? '')])
  return Object.fromEntries(members) as NewClientMetadata
}

/** Adds the known scopes to the last issue about an unknown scope. */
function withScopes(error: ClientMetadataError, { scopes }: Administration): ClientMetadataError {
  const last = error.issues.findLastIndex(({ code }) => code === 'unknown_scope')
  const issue = error.issues[last]
  if (!issue || !scopes) return error
  const message = `${issue.message}; there are ${scopes.join(' ')}`
  return new ClientMetadataError(error.issues.with(last, { ...issue, message }))
}

const isAbout = ({ path }: ConfigurationIssue, { member }: Question): boolean =>
  path === member || path.startsWith(`${member}[`)
