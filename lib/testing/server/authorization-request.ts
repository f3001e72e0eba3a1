import { routes } from '../../paths.ts'
import { post, toFailure, type Caller } from './client-request.ts'

/**
 * Where a client sends the browser to ask for something. A client that has to push its requests does so.
 *
 * @throws FlowError with the error code where the request that is pushed is not taken
 * @see {@link https://www.rfc-editor.org/rfc/rfc9126.html#section-2 RFC 9126, Section 2}
 */
export async function toAuthorizationUrl(
  caller: Caller,
  parameters: Readonly<Record<string, string>>,
): Promise<URL> {
  const { endpoint, client } = caller
  const request = { client_id: client.client_id, ...parameters }
  const isPushed = client.require_pushed_authorization_requests === true
  const sent = isPushed ? await push(caller, request) : request
  const url = new URL(endpoint.issuer + routes.authorization)
  url.search = new URLSearchParams(sent).toString()
  return url
}

async function push(
  caller: Caller,
  request: Readonly<Record<string, string>>,
): Promise<{ readonly client_id: string; readonly request_uri: string }> {
  const answer = await post(caller, routes.pushed_authorization_request, request)
  const { request_uri: uri } = answer.body
  const isTaken = answer.status === 201 && typeof uri === 'string'
  if (isTaken) return { client_id: caller.client.client_id, request_uri: uri }
  throw toFailure(answer, 'no pushed request', 'request_uri')
}
