import type { Command } from 'commander'
import type { ClientChanges } from '../../clients/clients.ts'
import { readTextFile } from '../../text-file.ts'
import { Refusal, toUnreadable } from '../terminal/refusal.ts'

/** What a client is registered with, as options. */
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

/** Adds what `create` and `update` take. */
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

/** URIs, separated by spaces or by commas; a comma can be a part of one, where no other begins behind it. */
export const toUris = (text: string): readonly string[] =>
  text.split(/,?\s+|,(?=$|[a-z][a-z\d+.-]*:\/)/i).filter(Boolean)

/** Scopes, separated by spaces or by commas, as `scope` has them. */
export const toScope = (text: string): string =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .join(' ')

/** The members that the options name; those of the file where the options say nothing else. */
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
    const content: unknown = JSON.parse(readTextFile(file))
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content
  } catch (error) {
    // What a parser says has a piece of the file in it.
    if (!(error instanceof SyntaxError)) throw toUnreadable(file, error)
  }
  throw new Refusal(`${file} must be a JSON object with the members of a client`)
}
