import type { FindClientIssues } from '../clients/metadata-check.ts'
import type { Config } from '../config/config.ts'

/** The parts of a server that `pleo-oauth doctor` looks at, and that are no part of its public surface. */
export interface Insides {
  /** The options, with secrets. Undefined: a storage without its server. */
  readonly config: Config | undefined
  /** Checks the metadata of a registered client by the rules for new ones. */
  readonly findClientIssues: FindClientIssues
}

// The command line may be another copy of this package than the one that made the server.
const name = Symbol.for('pleo-oauth-server.insides')

/** Keeps them with the server, where no log of it prints them. */
export const withInsides = <T extends object>(server: T, insides: Insides): T =>
  Object.defineProperty(server, name, { value: insides })

/** Returns those of a server; undefined if an older version made it. */
export const insidesOf = (server: object): Insides | undefined =>
  Reflect.get(server, name) as Insides | undefined
