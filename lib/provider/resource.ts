import { errors, type Client, type Configuration } from 'oidc-provider'
import type { ResourceServerOptions } from '../config/options.ts'

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
      if (resource !== audience) throw new errors.InvalidTarget()
      return { audience, scope: client.scope ?? '', accessTokenFormat }
    },
  }
}
