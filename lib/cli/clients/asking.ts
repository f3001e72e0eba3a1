import type { Clients, CreatedClient, NewClientMetadata } from '../../clients/clients.ts'
import { ClientMetadataError, type ConfigurationIssue } from '../../errors.ts'
import { ask, canAsk, ownTerminal } from '../terminal/questions.ts'
import { Refusal } from '../terminal/refusal.ts'

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
  clients: Clients,
  given: NewClientMetadata,
): Promise<CreatedClient> {
  const missing = findMissing(given)
  if (missing.length === 0) return clients.create(given)
  if (!canAsk(ownTerminal())) {
    const flags = missing.map(({ flag }) => flag).join(', ')
    throw new Refusal(`missing: ${flags} (on a terminal, you would be asked)`)
  }
  return tryWith(clients, { ...given, ...(await askFor(missing)) }, missing)
}

async function tryWith(
  clients: Clients,
  metadata: NewClientMetadata,
  asked: readonly Question[],
): Promise<CreatedClient> {
  try {
    return await clients.create(metadata)
  } catch (error) {
    if (!(error instanceof ClientMetadataError)) throw error
    const wrong = asked.filter((question) => error.issues.some((issue) => isAbout(issue, question)))
    const isAllAsked = error.issues.every((issue) =>
      wrong.some((question) => isAbout(issue, question)),
    )
    if (!isAllAsked) throw error
    const said = error.issues.map(({ path, message }) => `  ${path}: ${message}\n`)
    process.stderr.write(`It cannot be like that:\n${said.join('')}`)
    return tryWith(clients, { ...metadata, ...(await askFor(wrong)) }, asked)
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

async function askFor(asked: readonly Question[]): Promise<NewClientMetadata> {
  const answers = await ask(
    ownTerminal(),
    asked.map(({ text }) => text),
  )
  const members = asked.map(({ member }, index) => {
    const answer = answers[index] ?? ''
    return [member, member === 'redirect_uris' ? answer.split(/[\s,]+/).filter(Boolean) : answer]
  })
  return Object.fromEntries(members) as NewClientMetadata
}

const isAbout = ({ path }: ConfigurationIssue, { member }: Question): boolean =>
  path === member || path.startsWith(`${member}[`)
