import type { AuthorizationServer } from 'oauth4webapi'
import { isLoopbackOrHttps } from '../../validation/url.ts'
import { Refusal } from '../terminal/refusal.ts'

/** The endpoints that this command sends something to. */
export type Endpoint =
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'introspection_endpoint'
  | 'revocation_endpoint'
  | 'pushed_authorization_request_endpoint'

const endpoints: readonly Endpoint[] = [
  'authorization_endpoint',
  'token_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
  'pushed_authorization_request_endpoint',
]

/** What comes with the metadata is where secrets go: no further than the issuer may be. */
export function checkMetadata(metadata: AuthorizationServer): void {
  for (const name of endpoints) {
    const text = metadata[name]
    const url = text === undefined ? undefined : URL.parse(text)
    if (text !== undefined && (!url || !isLoopbackOrHttps(url)))
      throw new Refusal(`the metadata has a ${name} that is not https`)
  }
}

/**
 * Makes sure that the authorization server has what is going to be used.
 *
 * @param reason - what it is used for, as an option
 */
export function requireEndpoint(
  metadata: AuthorizationServer,
  name: Endpoint,
  reason: string,
): void {
  if (metadata[name] === undefined)
    throw new Refusal(`the metadata has no ${name}, and ${reason} needs one`)
}
