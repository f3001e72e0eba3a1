import type { TokenEndpointResponse } from 'oauth4webapi'

/**
 * Reads tokens with the protocol library, and has their type as the server sent it: the library writes it in lower case, as
 * it is compared without (RFC 6749, Section 7.1).
 */
export async function asSent(
  response: Response,
  read: (response: Response) => Promise<TokenEndpointResponse>,
): Promise<TokenEndpointResponse> {
  const copy = response.clone()
  const tokens = await read(response)
  const { token_type } = (await copy.json()) as TokenEndpointResponse
  return { ...tokens, token_type }
}
