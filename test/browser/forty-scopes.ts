import type { ClientMetadata, ScopeCatalogue } from '../../lib/index.ts'
import { partners } from '../support/partners.ts'

const scopes = ['read', 'write'] as const
const fortyNames = Array.from({ length: 20 }, (_, n) => `kind-${n + 1}`)

/** Forty scopes about twenty kinds of thing. */
export const fortyScopes: ScopeCatalogue = Object.fromEntries(
  fortyNames.flatMap((kind, n) =>
    scopes.map((access) => {
      const verb = access === 'read' ? 'Read' : 'Change'
      return [
        `${kind}:${access}`,
        { description: { en: `${verb} things of kind ${n + 1}` }, access },
      ]
    }),
  ),
)

export const fortyClient: ClientMetadata = {
  ...partners.plain,
  client_id: 'forty',
  scope: Object.keys(fortyScopes).join(' '),
  optional_scope: Object.keys(fortyScopes).slice(20).join(' '),
}
