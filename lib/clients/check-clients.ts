import { findOversized } from './bounds.ts'
import { mostFindings, oneForEachPath, type ConfigurationIssue } from '../errors.ts'
import { namesOf, withoutEmpty } from './metadata.ts'
import { skeletonOf } from './names.ts'
import { createClientSchema, type ClientRules } from './client-schema.ts'
import { toIssues } from '../validation/schema-issues.ts'

export type { ClientRules } from './client-schema.ts'

/** Finds the first mistakes in the metadata of a client; none where it is right. Paths are names of members, no value is said. */
export type FindClientIssues = (metadata: unknown) => readonly ConfigurationIssue[]

/** The one check of all clients: those given with the options, and those that are registered. */
export function createClientCheck(rules: ClientRules): FindClientIssues {
  const schema = createClientSchema(rules)
  return (metadata) => {
    const oversized = findOversized(metadata)
    if (oversized.length > 0) return oversized
    const result = schema.safeParse(metadata)
    if (result.success) return []
    const found = result.error.issues.slice(0, mostFindings + 1)
    const issues = found.flatMap((issue) => toIssues(issue, schema))
    return issues.map((issue) => (issue.path === 'options' ? { ...issue, path: 'client' } : issue))
  }
}

/** The wrong members of clients that were given with the options, each by itself and beside the others. */
export function findStaticClientIssues(
  clients: readonly unknown[],
  rules: Omit<ClientRules, 'credentials'>,
): readonly ConfigurationIssue[] {
  const check = createClientCheck({ ...rules, credentials: 'given' })
  const ids = new Set<unknown>()
  const looks = new Map<string, number>()
  const found = clients.map(withoutEmpty).flatMap((client, index) => {
    const at = (path: string): string => `clients[${index}]${path === 'client' ? '' : `.${path}`}`
    const issues = check(client).map((issue) => ({ ...issue, path: at(issue.path) }))
    const { client_id: id } = Object(client) as { readonly client_id?: unknown }
    if (id !== undefined && ids.has(id)) {
      const path = at('client_id')
      return [...issues, { path, code: 'duplicate_client', message: 'is given twice' }]
    }
    ids.add(id)
    for (const [member, name] of namesOf(client)) {
      const look = skeletonOf(name)
      const first = looks.get(look) ?? index
      looks.set(look, first)
      if (first === index) continue
      const message = 'looks to people like the name of another client'
      issues.push({ path: at(member), code: 'name_taken', message })
    }
    return issues
  })
  return oneForEachPath(found)
}
