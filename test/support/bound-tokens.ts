import { hash } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { parseSubject, type TokenVerifier } from '../../lib/resource-server/index.ts'
import type { RunningApi } from './api.ts'
import { createProofKeys, prove, type ProofKeys } from './dpop.ts'
import { consent, post } from './flow.ts'
import { bakery } from './people.ts'
import { basic, send } from './requests.ts'
import { audience, confidential } from './server.ts'

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

/** A client with one token that is bound to its key. */
export interface BoundClient {
  /** The headers of one request, with a proof that was not used yet. */
  prepare(api: RunningApi): Promise<Record<string, string>>
}

/** Clients of those ids, and what knows their tokens. */
export async function createBoundClients<const Ids extends readonly string[]>(
  ...ids: Ids
): Promise<{ verify: TokenVerifier; clients: { readonly [Index in keyof Ids]: BoundClient } }> {
  const subject = parseSubject(bakery)
  if (!subject) throw new Error('that is a subject')
  const keys = await Promise.all(ids.map(() => createProofKeys()))
  const thumbprints = await Promise.all(
    keys.map(async ({ publicKey }) => calculateJwkThumbprint(await exportJWK(publicKey))),
  )
  const verify: TokenVerifier = async (token) => {
    const index = ids.findIndex((id) => token === `token-of-${id}`)
    const [clientId, keyThumbprint] = [ids[index], thumbprints[index]]
    const rest = { subject, scope: new Set<string>(), expiresAt: Date.now() + 60_000 }
    return clientId === undefined
      ? undefined
      : { clientId, keyThumbprint, audience: [audience], ...rest }
  }
  const clients = ids.map((id, index) => ({
    async prepare({ origin }: RunningApi) {
      const token = `token-of-${id}`
      const url = `${origin}/token`
      const proof = await proveUse(keys[index] as ProofKeys, token, { url })
      return { authorization: `DPoP ${token}`, ...proof }
    },
  }))
  return { verify, clients: clients as never }
}

/** The status of a request with those headers. */
export const statusOf = async (
  { origin }: RunningApi,
  headers: Record<string, string>,
): Promise<number> => (await send(`${origin}/token`, { headers })).status
