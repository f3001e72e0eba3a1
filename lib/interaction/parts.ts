import type Provider from 'oidc-provider'
import type { FindShownClient } from '../clients/find-shown.ts'
import type { Config } from '../config/config.ts'
import type { Connections } from '../connections/connections.ts'
import type { Logos } from '../logos/logos.ts'
import type { Views } from '../views.ts'
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
