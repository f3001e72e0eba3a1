import type { RegisteredClient } from '../clients/registered-client.ts'
import { defaultGrantTypes } from '../clients/rules.ts'
import { toRegistrationUrl } from '../paths.ts'

/** What {@link toRegistrationAnswer} takes. */
export interface AnswerParts {
  readonly issuer: string
  readonly client: RegisteredClient
  readonly accessToken: string
  /** Where one was made just now: no other is known here. */
  readonly secret?: string | undefined
}

/**
 * A client as it is told of to whoever registered it, with the defaults that count.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7592.html#section-3 RFC 7592, Section 3}
 */
export const toRegistrationAnswer = ({
  issuer,
  client,
  accessToken,
  secret,
}: AnswerParts): Readonly<Record<string, unknown>> => ({
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: defaultGrantTypes,
  response_types: ['code'],
  ...client.metadata,
  client_id_issued_at: Math.floor(client.createdAt / 1000),
  ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
  registration_client_uri: toRegistrationUrl(issuer, client.clientId),
  registration_access_token: accessToken,
})
