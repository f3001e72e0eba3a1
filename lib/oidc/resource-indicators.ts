import { errors, type Client, type Configuration } from 'oidc-provider'
import type { ResourceServerOptions } from '../config/options.ts'
import { toNormalUri } from '../validation/url.ts'

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

/** The one API that tokens are for; a request that names another is refused (RFC 8707, Section 2). */
export function toResourceIndicators({
  audience,
  accessTokenFormat,
}: Required<Pick<ResourceServerOptions, 'audience' | 'accessTokenFormat'>>): ResourceIndicators {
  return {
    enabled: true,
    defaultResource: () => audience,
    useGrantedResource: () => true,
    getResourceServerInfo(_ctx, resource, client: Client) {
      // A grant may have the audience in the spelling that was configured earlier.
      if (!isEqual(resource, audience)) {
        throw new errors.InvalidTarget(`resource must be ${audience}`)
      }
      return { audience, scope: client.scope ?? '', accessTokenFormat }
    },
  }
}

/** Replaces each `resource` that is equal to the audience by the audience. URL libraries print URLs in their own spelling. */
export function nameAudience(params: Record<string, unknown>, audience: string): void {
  const toOne = (resource: unknown): unknown =>
    typeof resource === 'string' && isEqual(resource, audience) ? audience : resource
  const { resource } = params
  if (resource !== undefined) {
    params['resource'] = Array.isArray(resource) ? resource.map(toOne) : toOne(resource)
  }
}

const isEqual = (resource: string, audience: string): boolean =>
  resource === audience || toNormalUri(resource) === toNormalUri(audience)
