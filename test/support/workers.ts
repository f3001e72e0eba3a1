import { expect } from 'vitest'
import { decodeJwt } from 'jose'
import { createProofKeys, prove, type ProofKeys } from './dpop.ts'
import { consent, introspect, post, type Answer, type Tokens } from './flow.ts'
import { basic } from './requests.ts'
import { confidential, publicClient, resourceServer } from './server.ts'

/** One program of a partner, of which several workers share the tokens of one connection. */
export interface Program {
  connect(issuer: string): Promise<Tokens>
  refresh(issuer: string, refreshToken: string, fields?: Record<string, string>): Promise<Answer>
}

/** The three ways in which a program proves at the token endpoint that a token is its own. */
export const programs: Readonly<Record<string, () => Promise<Program>>> = {
  'a confidential client': async () => toProgram(basic(confidential), {}),
  'a public client': async () => toProgram({}, { client_id: publicClient.client_id }),
  'a public client with DPoP': async () =>
    toProgram({}, { client_id: publicClient.client_id }, await createProofKeys()),
}

/** A program of the confidential client that binds its access tokens to a key of each worker. */
export const withKey = (keys: ProofKeys): Program => toProgram(basic(confidential), {}, keys)

function toProgram(
  headers: Record<string, string>,
  fields: Record<string, string>,
  keys?: ProofKeys,
): Program {
  const client = 'client_id' in fields ? publicClient : confidential
  const send = async (issuer: string, more: Record<string, string | undefined>) => {
    const url = `${issuer}/oauth/token`
    const proof = keys ? await prove(keys, url) : {}
    return post(url, { ...fields, ...more }, { ...headers, ...proof })
  }
  return {
    async connect(issuer) {
      const { code, verifier } = await consent(issuer, { client })
      const redirect_uri = client.redirect_uris?.[0]
      const grant_type = 'authorization_code'
      const answer = await send(issuer, { grant_type, code, code_verifier: verifier, redirect_uri })
      expect(answer.status).toBe(200)
      return toTokens(answer)
    },
    refresh: (issuer, refresh_token, more) =>
      send(issuer, { grant_type: 'refresh_token', refresh_token, ...more }),
  }
}

export const toTokens = ({ body }: Answer): Tokens => body as unknown as Tokens

/** Whether an API takes the access token. */
export const isTaken = async (issuer: string, { access_token }: Tokens): Promise<boolean> =>
  (await introspect(issuer, access_token, resourceServer))['active'] === true

/** The access token, or its identifier if it is a JWT, which is signed anew for each answer. */
export const identityOf = ({ access_token }: Tokens): string | undefined =>
  access_token.includes('.') ? decodeJwt(access_token).jti : access_token

/** Holds answers of several workers to one outcome: no connection is lost, and all go on with the same refresh token. */
export async function expectOneConnection(
  issuer: string,
  program: Program,
  answers: readonly Answer[],
): Promise<void> {
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const all = answers.map((answer) => toTokens(answer))
  expect(new Set(all.map(({ refresh_token }) => refresh_token)).size).toBe(1)
  const taken = await Promise.all(all.map((tokens) => isTaken(issuer, tokens)))
  expect(taken).toEqual(all.map(() => true))
  const next = await program.refresh(issuer, all[0]?.refresh_token ?? '')
  expect(next.status).toBe(200)
  expect(await isTaken(issuer, toTokens(next))).toBe(true)
}
