import type { Administration } from '../../administration.ts'
import type { CreatedClient, NewClientMetadata } from '../../index.ts'
import { ClientMetadataError, type ConfigurationIssue } from '../../errors.ts'
import { ask, canAsk, ownTerminal } from '../terminal/questions.ts'
import { Refusal } from '../terminal/refusal.ts'
import { toScope, toUris } from './metadata.ts'

const questions = [
  { member: 'client_name', flag: '--name', text: 'Name, as people see it:' },
  {
    member: 'redirect_uris',
    flag: '--redirect-uri',
    text: 'Redirect URIs, separated by spaces:',
  },
  { member: 'scope', flag: '--scope', text: 'Scopes, separated by spaces:' },
] as const

type Question = (typeof questions)[number]

/**
 * Registers a client, and asks for what is left out, also once more where an answer is wrong.
 *
 * @throws {@link Refusal} with the options that are missing, where there is nobody to ask;
 * {@link ClientMetadataError} where something is wrong that was not asked for
 */
export async function createAsking(
  administration: Administration,
  given: NewClientMetadata,
): Promise<CreatedClient> {
  const missing = findMissing(given)
  if (missing.length === 0) return tryWith(administration, given, [])
  if (!canAsk(ownTerminal())) {
    const flags = missing.map(({ flag }) => flag).join(', ')
    throw new Refusal(`missing: ${flags} (on a terminal, you would be asked)`)
  }
  const metadata = { ...given, ...(await askFor(administration, missing)) }
  return tryWith(administration, metadata, missing)
}

async function tryWith(
  administration: Administration,
  metadata: NewClientMetadata,
  asked: readonly Question[],
): Promise<CreatedClient> {
  try {
    return await administration.clients.create(metadata)
  } catch (error) {
    if (!(error instanceof ClientMetadataError)) throw error
    const wrong = asked.filter((question) => error.issues.some((issue) => isAbout(issue, question)))
    const isAllAsked = error.issues.every((issue) =>
      wrong.some((question) => isAbout(issue, question)),
    )
    if (!isAllAsked) throw withScopes(error, administration)
    const said = error.issues.map(({ path, message }) => `  ${path}: ${message}\n`)
    process.stderr.write(`It cannot be like that:\n${said.join('')}`)
    return tryWith(administration, { ...metadata, ...(await askFor(administration, wrong)) }, asked)
  }
}

/** Whoever is asked is not asked for what only a client needs that people connect. */
function findMissing(given: NewClientMetadata): readonly Question[] {
  // From a file it may be anything: what it must be is for the check to say.
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
  const answers = await ask(
    ownTerminal(),
    asked.map(({ member, text }) =>
      member === 'scope' && scopes
        ? { text, note: `Scopes there are: ${scopes.join(' ')}` }
        : { text },
    ),
  )
  const readings = { client_name: String, redirect_uris: toUris, scope: toScope } as const
  const members = asked.map(({ member }, index) => [member, readings[member](answers[index] ?? '')])
  return Object.fromEntries(members) as NewClientMetadata
}

/** With the scopes there are, where it is about one that is not among them, and they are known. */
function withScopes(error: ClientMetadataError, { scopes }: Administration): ClientMetadataError {
  const last = error.issues.findLastIndex(({ code }) => code === 'unknown_scope')
  if (last === -1 || !scopes) return error
  const known = `; there are ${scopes.join(' ')}`
  return new ClientMetadataError(
    error.issues.map((issue, index) =>
      index === last ? { ...issue, message: issue.message + known } : issue,
    ),
  )
}

const isAbout = ({ path }: ConfigurationIssue, { member }: Question): boolean =>
  path === member || path.startsWith(`${member}[`)
