import type { KoaContextWithOIDC } from 'oidc-provider'
import type { StoredPayload } from '../storage.ts'

/**
 * Makes a refresh ask for no more than the person granted. A client that repeats the scope of its authorization request
 * gets less if the person left something out, and the answer says so. The framework refuses such a refresh, as RFC 6749,
 * Section 6 does, and its client would be stuck. A scope that was never requested is left for the framework to refuse.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3 RFC 6749, Section 3.3}
 */
export function narrowRefreshScope(
  ctx: KoaContextWithOIDC | undefined,
  { grant, token }: { readonly grant: StoredPayload; readonly token: StoredPayload },
): void {
  const { client, params, route } = ctx?.oidc ?? {}
  if (!params || route !== 'token') return
  const granted = namesIn(token['scope'])
  const requestable = [...namesIn(grant['requestedScope'] ?? client?.scope), ...granted]
  const requested = namesIn(params['scope'])
  if (!requested.every((name) => requestable.includes(name))) return
  const issued = granted.filter((name) => requested.includes(name))
  // If nothing is left, the framework refuses the request as it is.
  if (issued.length > 0) params['scope'] = issued.join(' ')
}

const namesIn = (scope: unknown): readonly string[] =>
  typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : []
