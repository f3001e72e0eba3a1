import type Provider from 'oidc-provider'
import type { FindShownClient } from '../oidc/find-shown-client.ts'
import type { Config } from '../config/config.ts'
import type { Connections } from '../grants/connections.ts'
import type { Logos } from '../pages/logos/logos.ts'
import type { Views } from '../pages/pages.ts'
import type { FormTokens } from './csrf.ts'

/** What the pages that people see are made with. */
export interface PageParts {
  readonly provider: Provider
  readonly findClient: FindShownClient
  readonly config: Config
  readonly views: Views
  readonly formTokens: FormTokens
  readonly logos: Logos
  readonly connections: Connections
}
