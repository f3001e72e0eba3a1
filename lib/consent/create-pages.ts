import compose from 'koa-compose'
import type { PathMiddleware } from '../http/app.ts'
import { createAssetRoutes } from '../http/asset-routes.ts'
import { createPostAuthorization } from '../http/authorization-request.ts'
import type { AdapterParts } from '../oidc/adapter.ts'
import { createFindShownClient } from '../oidc/framework-clients.ts'
import { findOpened } from '../oidc/pushed-requests.ts'
import { interactionPath, logoPath, routes } from '../paths.ts'
import { createConnectionRoutes } from './connection-pages.ts'
import { createFormTokens } from './form-tokens.ts'
import type { PageParts } from './interaction.ts'
import { createInteractionRoutes, createNextPage } from './interaction-routes.ts'
import { createSignInRoutes } from './sign-in-pages.ts'

/** The pages, without those of errors. */
export function createPages({
  clientRecords,
  ...given
}: Omit<PageParts, 'formTokens' | 'findClient'> &
  Pick<AdapterParts, 'clientRecords'>): readonly PathMiddleware[] {
  const findClient = createFindShownClient(given.provider, clientRecords)
  const { config } = given
  const parts = { ...given, findClient, formTokens: createFormTokens(config.cookieKeys) }
  const nextPage = createNextPage(parts)
  return [
    [
      routes.authorization,
      compose([nextPage, createPostAuthorization(config.issuer), findOpened(config)]),
    ],
    [{ begins: `${routes.authorization}/` }, nextPage],
    ...createAssetRoutes(given.views.assets),
    [{ begins: `${logoPath}/` }, given.logos.middleware],
    ...createConnectionRoutes(parts),
    ...createSignInRoutes(parts),
    [{ begins: `${interactionPath}/` }, createInteractionRoutes(parts)],
  ]
}
