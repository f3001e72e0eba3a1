import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { findProofFault, missingProof, usedProof } from '../validation/dpop-proof.ts'
import { internalsOf } from './internals.ts'

// Errors that the framework answers with another code than the specifications have for them.

/** Error descriptions for which the framework answers `invalid_request`. The right error is `invalid_client`. */
const refusals: ReadonlySet<string | undefined> = new Set([
  'no client authentication mechanism provided',
  'invalid authorization header value format',
  'client_id and client_secret in the authorization header are not properly encoded',
  'client_secret must be provided in the Authorization header',
])

/** The description if a request authenticates in two ways. It stays `invalid_request`, unless one way is no client authentication. */
const twoWays = 'client authentication must only be provided using one mechanism'

/** The framework's description if the client is not registered for a grant type that this server has. */
const notRegistered = 'requested grant type is not allowed for this client'

/**
 * Gives three errors of the framework their codes of the specification: `invalid_client` if client authentication is missing or
 * wrong, `invalid_dpop_proof` if the proof is wrong, and `unauthorized_client` if the client is not registered for the grant type.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-5 RFC 9449, Section 5}
 */
export function explainErrors(provider: Provider): void {
  const explain = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): void => {
    const fault = explainProof(ctx, error)
    const { error_description: description } = error
    if (fault !== undefined) {
      ctx.body = { error: 'invalid_dpop_proof', error_description: fault }
    } else if (description === notRegistered) {
      ctx.body = { error: 'unauthorized_client', error_description: description }
    } else {
      const problem = findClientProblem(ctx, error)
      if (problem !== undefined) refuseClient(ctx, problem)
    }
  }
  provider.on('grant.error', explain)
  provider.on('introspection.error', explain)
  provider.on('revocation.error', explain)
  provider.on('pushed_authorization_request.error', explain)
}

/**
 * Answers with a challenge. A browser gets none for a request without `Authorization`: it would ask the person for a password.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2 RFC 9110, Section 15.5.2}
 */
function refuseClient(ctx: KoaContextWithOIDC, description: string): void {
  ctx.body = { error: 'invalid_client', error_description: description }
  const { authorization, origin } = ctx.headers
  if (authorization === undefined && origin !== undefined) {
    ctx.status = 400
    return
  }
  const { issuer } = ctx.oidc.provider
  ctx.status = 401
  ctx.set(
    'WWW-Authenticate',
    `Basic realm="${issuer}", error="invalid_client", error_description="${description}"`,
  )
}

/** Describes the problem, if client authentication is why the request is refused. */
function findClientProblem({ headers }: KoaContextWithOIDC, error: Error): string | undefined {
  if (!(error instanceof errors.OIDCProviderError)) return undefined
  const { error: code, error_description: description } = error
  if (code === 'invalid_client') return description
  if (code !== 'invalid_request') return undefined
  const isRefusal = refusals.has(description)
  const scheme = findForeignScheme(headers.authorization)
  if (scheme !== undefined && (isRefusal || description === twoWays)) {
    return `the Authorization header has ${scheme}: authenticate with Basic, or with client_id and client_secret in the body, and send no other scheme`
  }
  return isRefusal ? description : undefined
}

/** Schemes that programs send. Any other first word may be a secret, which is not repeated. */
const knownSchemes: ReadonlySet<string> = new Set(
  'aws4-hmac-sha256 apikey bearer digest dpop gnap hawk hoba mutual negotiate ntlm privatetoken token'.split(
    ' ',
  ),
)

/** Names the scheme of an `Authorization` header, unless it is Basic. */
function findForeignScheme(header = ''): string | undefined {
  const [, scheme = 'basic'] = /^(\S+) +\S/.exec(header) ?? []
  const name = scheme.toLowerCase()
  if (name === 'basic') return undefined
  return knownSchemes.has(name) ? `the scheme ${scheme}` : 'a scheme that this server does not know'
}

/** Faults of a proof that the framework reports as `invalid_grant`, or as `invalid_request` at the PAR endpoint. */
const proofReasons: ReadonlyMap<string | undefined, string> = new Map([
  ['DPoP proof JWT not provided', missingProof],
  ['DPoP proof JWT Replay detected', usedProof],
])

/** Describes the fault of the proof; undefined if the framework refused the request for another reason. */
export function explainProof(ctx: KoaContextWithOIDC, error: unknown): string | undefined {
  if (error instanceof errors.InvalidDpopProof) {
    const request = {
      method: ctx.method,
      url: ctx.oidc.urlFor(ctx.oidc.route),
      algorithms: internalsOf(ctx.oidc.provider).configuration.dPoPSigningAlgValues,
    }
    return findProofFault(ctx.get('DPoP'), request, error.cause) ?? error.error_description
  }
  if (!(error instanceof errors.OIDCProviderError)) return undefined
  return proofReasons.get(error.error_detail) ?? proofReasons.get(error.error_description)
}
