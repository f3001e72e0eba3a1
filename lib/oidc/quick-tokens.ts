import type { Client, KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { introspect, type StoredToken } from '../grants/introspect.ts'
import { revoke, type RevokingClient } from '../grants/revoke.ts'
import { routes } from '../paths.ts'
import { internalsOf } from './internals.ts'
import type { QuickEndpoint, RequestParameters } from './quick-requests.ts'
import { isInSession, type TokenEndpoint, type TokenPolicy } from './token-policy.ts'

/** Makes quick answers of introspection and revocation, about opaque tokens: the framework emits an event for each JWT. */
export function createQuickTokens(
  provider: Provider,
  server: Parameters<typeof revoke>[2],
): readonly QuickEndpoint[] {
  const { features, revokeGrantPolicy } = internalsOf(provider).configuration
  // The policies that are shipped read no more of a context.
  const oidc = { provider, route: 'revocation', entities: { AccessToken: {} } }
  const ctx = { oidc } as unknown as KoaContextWithOIDC
  const toCaller = (client: Client, endpoint: TokenEndpoint): RevokingClient => ({
    async isAllowed({ kind, payload }: StoredToken) {
      if (!(await isInSession(provider, payload))) return false
      return features[endpoint].allowedPolicy(ctx, client, { ...payload, kind } as PolicyToken)
    },
    endsGrant: async () => revokeGrantPolicy(ctx),
  })
  return [
    {
      path: routes.introspection,
      events: [],
      findAnswer(parameters) {
        const token = findOpaque(parameters)
        if (token === undefined) return undefined
        return async (client) => introspect(token, toCaller(client, 'introspection'), server)
      },
    },
    {
      path: routes.revocation,
      events: [
        'access_token.destroyed',
        'client_credentials.destroyed',
        'grant.revoked',
        'refresh_token.destroyed',
      ],
      findAnswer(parameters) {
        const token = findOpaque(parameters)
        if (token === undefined) return undefined
        return async (client) => {
          await revoke(token, toCaller(client, 'revocation'), server)
          return {}
        }
      },
    },
  ]
}

type PolicyToken = Parameters<TokenPolicy>[2]

const usual: ReadonlySet<string> = new Set(['token', 'token_type_hint'])

/** Returns the token that a request names, if it is no JWT and if the request has no unusual parameter. */
function findOpaque(parameters: RequestParameters): string | undefined {
  const { token } = parameters
  const isUsual = Object.keys(parameters).every((name) => usual.has(name))
  return isUsual && !token?.includes('.') ? token : undefined
}
