import type { ConfigurationIssue } from '../errors.ts'
import type { ClientMetadata } from './metadata.ts'

/**
 * The parameters that an answer sets.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2 RFC 6749, Section 4.1.2}, and RFC 9207, Section 2
 */
const answerParameters = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri']

function findAnswerParameter(uri: string): string | undefined {
  const query = new URLSearchParams(uri.split(/\?(.*)/s)[1])
  return answerParameters.find((name) => query.has(name))
}

type Client = Partial<Pick<ClientMetadata, 'redirect_uris'>>

/** Finds redirect URIs with a parameter that the answer sets as well. A client keeps those that it has already. */
export function findRedirectUriIssues(
  { redirect_uris: uris = [] }: Client,
  { redirect_uris: registered = [] }: Client = {},
): readonly ConfigurationIssue[] {
  return uris.flatMap((uri, index) => {
    const name = registered.includes(uri) ? undefined : findAnswerParameter(uri)
    if (name === undefined) return []
    const path = `redirect_uris[${index}]`
    const message = `must not have ${name} in its query: the answer sets that parameter`
    return [{ path, code: 'invalid_redirect_uri', message }]
  })
}

/** Warns of clients that were registered with such a redirect URI. They go on working, with the parameter twice. */
export function warnOfRedirectUris(clients: readonly ClientMetadata[]): void {
  for (const client of clients) {
    for (const { path, message } of findRedirectUriIssues(client)) {
      process.emitWarning(`client ${client.client_id}: ${path} ${message}`, {
        type: 'ClientWarning',
        code: 'answer_parameter',
      })
    }
  }
}
