import { hash } from 'node:crypto'
import { prove, type ProofKeys } from './dpop.ts'
import { consent, post } from './flow.ts'
import { basic } from './requests.ts'
import { confidential } from './server.ts'

/** From nothing to an access token that is bound to that key. */
export async function connectBound(
  issuer: string,
  keys: ProofKeys,
  options: NonNullable<Parameters<typeof consent>[1]> = {},
): Promise<string> {
  const { code, verifier } = await consent(issuer, options)
  const fields = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: confidential.redirect_uris?.[0],
  }
  const url = `${issuer}/oauth/token`
  const headers = { ...basic(confidential), ...(await prove(keys, url)) }
  const { status, body } = await post(url, fields, headers)
  if (status !== 200 || body['token_type'] !== 'DPoP') throw new Error(`no bound token: ${status}`)
  return String(body['access_token'])
}

/** A right proof for one request with that token, and what is to be wrong with it. */
export const proveUse = (
  keys: ProofKeys,
  token: string,
  { method = 'GET', url }: { readonly method?: string; readonly url: string },
  claims: Record<string, unknown> = {},
): Promise<Record<string, string>> =>
  prove(keys, url, { htm: method, ath: hash('sha256', token, 'base64url'), ...claims })
