import { Command } from 'commander'
import type { Administration } from '../../administration.ts'
import { ClientMetadataError, type ConfigurationIssue } from '../../errors.ts'
import type { CreatedClient, NewClientMetadata } from '../../index.ts'
import type { ScopeCatalogue } from '../../pleo/scopes.ts'
import { runWith, withChangeOptions, type CommonOptions } from '../run.ts'
import { ask, canAsk, ownTerminal } from '../terminal/questions.ts'
import { UsageError } from '../terminal/refusals.ts'
import { clean, toList } from '../terminal/text.ts'
import {
  nameScopes,
  toItem,
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
  return withChangeOptions(command).action((options: MetadataOptions & CommonOptions) =>
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
    const complete = { ...metadata, ...(await askFor(administration, asked, metadata)) }
    try {
      return await administration.clients.create(complete)
    } catch (error) {
      if (!(error instanceof ClientMetadataError)) throw error
      const { issues } = error
      const wrong = missing.filter((one) => issues.some((issue) => isAbout(issue, one)))
      if (!issues.every((issue) => wrong.some((one) => isAbout(issue, one))))
        throw nameScopes(error, complete.scope, administration)
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
  administration: Administration,
  asked: readonly Question[],
  metadata: NewClientMetadata,
): Promise<NewClientMetadata> {
  const { scopes } = administration
  if (asked.length === 0) return {}
  const answers = await ask(
    ownTerminal(),
    asked.map((question) => ({
      text: question.text,
      ...(question.member === 'scope' && scopes && { note: toScopeTable(scopes) }),
      check: (answer) => findProblem(administration, metadata, question, answer),
    })),
  )
  const members = asked.map(({ member, read }, index) => [member, read(answers[index] ?? '')])
  return Object.fromEntries(members) as NewClientMetadata
}

const toScopeTable = (scopes: ScopeCatalogue): string =>
  `Scopes there are:\n${toList(Object.entries(scopes).map(([name, { description }]) => [name, description.en]))}`

/** Says what is wrong with an answer, as far as that is known before the others are there. */
async function findProblem(
  { clients }: Administration,
  metadata: NewClientMetadata,
  question: Question,
  answer: string,
): Promise<string | undefined> {
  const value = question.read(answer)
  // It is never registered: a client does not bring a secret. The refusal also has what is wrong with the rest.
  const probe = { ...metadata, [question.member]: value, client_secret: 'only to be refused' }
  const refused: unknown = await clients.create(probe as NewClientMetadata).catch((error) => error)
  if (!(refused instanceof ClientMetadataError)) throw refused
  const problems = refused.issues
    .filter((issue) => isAbout(issue, question))
    .map(({ path, message }) => clean(`  ${path}${toItem(value, path)}: ${message}`))
  if (problems.length > 0) return problems.join('\n')
  if (question.member !== 'client_name') return undefined
  const { isNameTaken } = await import('../../administration.ts')
  const isTaken = isNameTaken(await clients.list(), answer)
  return isTaken ? '  client_name: looks to people like the name of another client' : undefined
}

const isAbout = ({ path }: ConfigurationIssue, { member }: Question): boolean =>
  path === member || path.startsWith(`${member}[`)
