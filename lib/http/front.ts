import type { Middleware } from 'koa'
import compose from 'koa-compose'
import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { createErrorBoundary } from './error-boundary.ts'
import type { Renderer } from './error-page.ts'
import { createMethodCheck } from './methods.ts'
import { createQueryBound } from './query-bound.ts'
import { createRequestIds } from './request-id.ts'
import { createSecurityHeaders } from './security-headers.ts'

/** Every request passes this first. */
export const createFront = (
  provider: Provider,
  { issuer, registration }: Pick<Config, 'issuer' | 'registration'>,
  renderError: Renderer,
): Middleware =>
  compose([
    createRequestIds(),
    createSecurityHeaders(issuer),
    createErrorBoundary(provider, renderError),
    createQueryBound(),
    createMethodCheck(registration),
  ])
