import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import type { Logos } from '../logos/logos.ts'
import type { Views } from '../views.ts'
import type { FormTokens } from './csrf.ts'

/** What the pages of an interaction are made with. */
export interface InteractionParts {
  readonly provider: Provider
  readonly config: Config
  readonly views: Views
  readonly formTokens: FormTokens
  readonly logos: Logos
}
