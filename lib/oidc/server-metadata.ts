import type { Middleware } from 'koa'
import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { openidMetadataPath, registrationPath } from '../paths.ts'
import { internalsOf } from './internals.ts'

/** Members that only OpenID Connect clients read, and OpenID Connect Discovery requires. */
const openidMembers = [
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
  // Without the member, clients take it for on.
  'request_uri_parameter_supported',
]

/** Members that the framework writes even if their feature is off. */
const offMembers = [
  'acr_values_supported',
  'claim_types_supported',
  'claims_parameter_supported',
  'claims_supported',
]

/**
 * Makes the metadata list the features that are on, and no others.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414.html#section-2 RFC 8414, Section 2}
 */
export function createMetadata(
  provider: Provider,
  { issuer, registration, resourceServer }: Config,
  languages: readonly string[],
): Middleware {
  const registrationEndpoint = registration && issuer + registrationPath
  const scopes = Object.keys(resourceServer.scopes)
  const prompts = [...internalsOf(provider).configuration.prompts]
  return async (ctx, next) => {
    await next()
    if (ctx.status !== 200) return
    ctx.set('Cache-Control', forFiveMinutes)
    const isOpenid = ctx.path === openidMetadataPath
    const metadata = { ...(ctx.body as Record<string, unknown>) }
    for (const member of isOpenid ? offMembers : [...offMembers, ...openidMembers]) {
      Reflect.deleteProperty(metadata, member)
    }
    const methods = metadata['token_endpoint_auth_methods_supported'] as readonly string[]
    ctx.body = {
      ...metadata,
      ...(isOpenid && { id_token_signing_alg_values_supported: noIdTokens }),
      ...(registrationEndpoint !== undefined && { registration_endpoint: registrationEndpoint }),
      scopes_supported: scopes,
      ui_locales_supported: languages,
      prompt_values_supported: prompts,
      response_modes_supported: ['query'],
      introspection_endpoint_auth_methods_supported: methods.filter((one) => one !== 'none'),
      revocation_endpoint_auth_methods_supported: methods,
    }
  }
}

/**
 * better-auth takes a server that names an algorithm here for an OpenID provider, and adds `openid` to the scope. AppAuth refuses
 * metadata that lack the member. So it is there, and empty.
 */
const noIdTokens: readonly string[] = []

const forFiveMinutes = 'public, max-age=300'
