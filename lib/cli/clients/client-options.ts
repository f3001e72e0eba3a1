import { InvalidArgumentError, type Command } from 'commander'
import { ClientMetadataError } from '../../errors.ts'
import type { Administration } from '../../administration.ts'
import type { ClientChanges } from '../../index.ts'
import { toScopeNames } from '../../pleo/scopes.ts'
import { readJsonFile } from '../../validation/json-file.ts'
import { Refusal, toUnreadable } from '../terminal/refusals.ts'

/** The metadata of a client, as options. */
export interface MetadataOptions {
  readonly name?: string
  readonly redirectUri?: readonly string[]
  readonly scope?: readonly string[]
  readonly optionalScope?: readonly string[]
  readonly contact?: readonly string[]
  readonly clientUri?: string
  readonly logoUri?: string
  readonly subjectType?: 'company' | 'organization'
  readonly test?: boolean
  readonly verified?: boolean
  readonly public?: boolean
  readonly native?: boolean
  /** JSON file with members of RFC 7591. */
  readonly metadata?: string
  readonly unset?: readonly string[]
}

/** Adds the options of `create` and `update`. */
export const withMetadataOptions = (command: Command): Command =>
  command
    .option('--name <name>', 'client_name, shown to people')
    .option('--redirect-uri <uri...>', 'redirect_uris, one or more')
    .option('--scope <scope...>', 'scope: what it may ask for, one or more')
    .option('--optional-scope <scope...>', 'optional_scope: those that people may leave out')
    .option('--contact <email...>', 'contacts, shown to people')
    .option('--client-uri <uri>', 'client_uri: its web site')
    .option('--logo-uri <uri>', 'logo_uri')
    .option('--subject-type <type>', 'company or organization: what it is connected to')
    .option('--test', 'under development: every page says so')
    .option('--no-test', 'not under development')
    .option('--verified', 'you have checked who provides it: the page says so')
    .option('--no-verified', 'you have not')
    .option(
      '--metadata <file>',
      'JSON file with these and all other members, by their RFC 7591 names',
    )

/** URIs, separated by spaces or by commas. A comma belongs to the URI unless another URI begins behind it. */
export const toUris = (text: string): readonly string[] =>
  text.split(/,?\s+|,(?=$|[a-z][a-z\d+.-]*:\/)/i).filter(Boolean)

/** Turns scopes, separated by spaces or by commas, into the value of `scope`. */
export const toScope = (text: string): string =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .join(' ')

/** The members that the options and the file name. An option overrides the file. */
export function toMetadata(options: MetadataOptions): ClientChanges {
  const members: ClientChanges = {
    client_name: options.name,
    redirect_uris: options.redirectUri?.flatMap((text) => toUris(text)),
    scope: options.scope && toScope(options.scope.join(' ')),
    optional_scope: options.optionalScope && toScope(options.optionalScope.join(' ')),
    contacts: options.contact,
    client_uri: options.clientUri,
    logo_uri: options.logoUri,
    subject_type_preference: options.subjectType,
    test: options.test,
    verified: options.verified,
    token_endpoint_auth_method: options.public ? 'none' : undefined,
    application_type: options.native ? 'native' : undefined,
  } as ClientChanges
  return {
    ...(options.metadata !== undefined && readMetadata(options.metadata)),
    ...Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)),
    ...Object.fromEntries((options.unset ?? []).map((name) => [name, null])),
  }
}

function readMetadata(file: string): ClientChanges {
  try {
    const content = readJsonFile(file)
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content
  } catch (error) {
    throw toUnreadable(file, error)
  }
  throw new Refusal(`${file} must be a JSON object with the members of a client`)
}

/** Reads a number of days, from 1 to 365. */
export function toDays(value: string): number {
  const days = Number(value)
  if (/^[1-9]\d*$/.test(value) && days <= 365) return days
  throw new InvalidArgumentError('It must be a whole number from 1 to 365.')
}

const words = { client: 'the client has', secrets: 'the secrets have' } as const

/**
 * Explains the error that something has changed since the operator agreed to the change.
 *
 * @throws {@link Refusal}, and every other error as it is
 */
export const refuseChanged =
  (what: keyof typeof words) =>
  (error: unknown): never => {
    const codes = error instanceof ClientMetadataError ? error.issues.map(({ code }) => code) : []
    if (!codes.includes(`${what}_changed`)) throw error
    throw new Refusal(`nothing was changed: ${words[what]} changed meanwhile: look again`)
  }

/** A scope by its name: nobody counts the words of an answer. */
export function toItem(value: string | readonly string[] | undefined, path: string): string {
  const [, index] = /^scope\[(\d+)\]$/.exec(path) ?? []
  const name = toScopeNames(value)[Number(index)]
  return name === undefined ? '' : ` (${name})`
}

/** Adds the known scopes to the last issue about an unknown scope. */
function withScopes(error: ClientMetadataError, { scopes }: Administration): ClientMetadataError {
  const last = error.issues.findLastIndex(({ code }) => code === 'unknown_scope')
  const issue = error.issues[last]
  if (!issue || !scopes) return error
  const message = `${issue.message}; there are ${Object.keys(scopes).join(' ')}`
  return new ClientMetadataError(error.issues.with(last, { ...issue, message }))
}

/** Names each scope that an operator typed and that there is not, and the scopes that there are. */
export function nameScopes(
  error: ClientMetadataError,
  scope: string | undefined,
  administration: Administration,
): ClientMetadataError {
  const named = error.issues.map((issue) => ({
    ...issue,
    path: `${issue.path}${toItem(scope, issue.path)}`,
  }))
  return withScopes(new ClientMetadataError(named), administration)
}
