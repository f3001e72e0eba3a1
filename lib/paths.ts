/** Where everything answers, below the path of the issuer. Partners rely on these paths. */
export const routes = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  introspection: '/oauth/token/introspect',
  revocation: '/oauth/token/revoke',
  pushed_authorization_request: '/oauth/par',
  jwks: '/oauth/jwks',
  end_session: '/oauth/session/end',
} as const

/** Where people sign in and decide; one path for each interaction, so that two tabs never share a cookie. */
export const interactionPath = '/oauth/interaction'

/** The page of one interaction. */
export const toInteractionUrl = (issuer: string, uid: string): string =>
  `${issuer}${interactionPath}/${uid}`

/** Its path, for which its cookie and its forms are. */
export const toInteractionPath = (issuer: string, uid: string): string =>
  new URL(toInteractionUrl(issuer, uid)).pathname

/** Whether a client sent the browser there, perhaps in a window that the client opened. */
export const isPartOfFlow = (path: string): boolean =>
  path === routes.authorization ||
  path === `${routes.end_session}/confirm` ||
  [routes.authorization, interactionPath].some((start) => path.startsWith(`${start}/`))

/** Where people see and end what is connected. */
export const connectionsPath = '/oauth/connections'
export const disconnectPath = '/oauth/connections/disconnect'

/** Where people sign in and out without a request of a client. */
export const signInPath = '/oauth/sign-in'
export const signOutPath = '/oauth/sign-out'

/** The style sheet, the script, the logo and the icon of the pages. */
export const stylesheetPath = '/oauth/assets/styles.css'
export const scriptPath = '/oauth/assets/script.js'
export const productLogoPath = '/oauth/assets/product-logo'
export const iconPath = '/oauth/assets/icon'

/** Where logos of clients are served. */
export const logoPath = '/oauth/assets/logos'

/** Where clients register themselves and, below it, manage what they registered by its id, if the options allow it. */
export const registrationPath = '/oauth/register'

/** The URL at which one client is managed. */
export const toRegistrationUrl = (issuer: string, clientId: string): string =>
  `${issuer}${registrationPath}/${clientId}`

/** Authorization server metadata (RFC 8414, Section 3). */
export const oauthMetadataPath = '/.well-known/oauth-authorization-server'

/** The same under the name that OpenID Connect clients look for. */
export const openidMetadataPath = '/.well-known/openid-configuration'

/** Whether it is metadata, under either name. */
const isMetadata = (path: string): boolean =>
  path === oauthMetadataPath || path === openidMetadataPath

/** How this server takes requests to one of its paths. */
export interface Endpoint {
  readonly methods: readonly string[]
  /** A client authenticates there, and sends a form. */
  readonly isForClients?: true
  /**
   * Programs call it, not people: every answer is JSON, also every error, whatever `Accept` asks for. Programs send what their
   * HTTP library sends, which may be what browsers send.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
   */
  readonly isForPrograms?: true
  /** The framework sets the headers that say how an answer may be kept: the headers of pages are left out. */
  readonly isBare?: true
  /** A page loads it. */
  readonly isAsset?: true
}

const reads = ['GET', 'HEAD']
const posts = ['POST', 'OPTIONS']

const client: Endpoint = { methods: posts, isForClients: true, isForPrograms: true, isBare: true }
const metadata: Endpoint = { methods: [...reads, 'OPTIONS'], isForPrograms: true }
const registration: Endpoint = { methods: ['POST'], isForPrograms: true }
const openRegistration: Endpoint = { methods: posts, isForPrograms: true }
const management: Endpoint = { methods: [...reads, 'PUT', 'DELETE'], isForPrograms: true }
const asset: Endpoint = { methods: reads, isAsset: true }
// GET starts, ends or looks up a request of a client there. HEAD must change nothing (RFC 9110, Section 9.2.1).
const flow: Endpoint = { methods: ['GET', 'POST'] }
const resumption: Endpoint = { methods: ['GET'] }
const form: Endpoint = { methods: ['POST'] }
const page: Endpoint = { methods: [...reads, 'POST'] }

/** The paths at which a client authenticates. */
export const clientPaths: readonly string[] = [
  routes.token,
  routes.introspection,
  routes.revocation,
  routes.pushed_authorization_request,
]

const endpoints: ReadonlyMap<string, Endpoint> = new Map([
  ...clientPaths.map((path): [string, Endpoint] => [path, client]),
  [routes.authorization, flow],
  [routes.jwks, { ...metadata, isBare: true }],
  [oauthMetadataPath, metadata],
  [openidMetadataPath, metadata],
  [stylesheetPath, asset],
  [scriptPath, asset],
  [productLogoPath, asset],
  [iconPath, asset],
  [connectionsPath, { methods: reads }],
  [disconnectPath, flow],
  [signInPath, page],
  [signOutPath, page],
])

/** The URL at which a request goes on after its interaction: one segment behind the authorization endpoint. */
const resumePath = new RegExp(`^${routes.authorization}/(?=[^/]+/?$)`, 'i')

const isRegistration = (path: string): boolean =>
  path === registrationPath || path.startsWith(`${registrationPath}/`)

/** A path as the framework compares it: it takes every case and a slash at the end. */
export function toFolded(path: string): string {
  const folded = path.toLowerCase()
  return folded.endsWith('/') ? folded.slice(0, -1) : folded
}

/**
 * A path in its one spelling. The framework takes every case and a slash at the end. Everything else that looks at a path takes
 * this spelling only.
 */
export function toCanonicalPath(path: string): string {
  if (endpoints.has(path)) return path
  const folded = toFolded(path)
  // Ids of clients that registered themselves have no capitals.
  if (endpoints.has(folded) || isRegistration(folded)) return folded
  return path.replace(resumePath, `${routes.authorization}/`)
}

/** Whether this server may answer there. If it does not, the request falls through to the host. */
export const isOwnPath = (path: string): boolean => path.startsWith('/oauth/') || isMetadata(path)

/** Who may register clients: nobody, so that those paths are not ours, or programs with a token, or everybody. */
export type RegistrationMode = 'off' | 'invited' | 'open'

/** How this server takes requests to a canonical path; undefined if the path is not ours. */
export function findEndpoint(path: string, mode: RegistrationMode): Endpoint | undefined {
  const exact = endpoints.get(path)
  if (exact) return exact
  if (path.startsWith(`${logoPath}/`)) return asset
  if (path.startsWith(`${interactionPath}/`)) return path.endsWith('/switch-account') ? form : flow
  if (mode !== 'off' && isRegistration(path)) {
    if (path !== registrationPath) return management
    return mode === 'open' ? openRegistration : registration
  }
  return resumePath.test(path) ? resumption : undefined
}

/** Routes of several paths, the more special one first. */
const patterns: readonly (readonly [begins: string, route: string])[] = [
  [`${routes.authorization}/`, `${routes.authorization}/:uid`],
  [`${interactionPath}/`, `${interactionPath}/:uid`],
  [`${registrationPath}/`, `${registrationPath}/:client_id`],
  [registrationPath, registrationPath],
  [routes.end_session, routes.end_session],
  ['/oauth/assets/', '/oauth/assets'],
]

const exact = new Set([...endpoints.keys()].filter((path) => endpoints.get(path) !== asset))

/** Every answer of {@link toRoute}. The last one is for paths that are not known. */
export const allRoutes: readonly string[] = [
  ...exact,
  ...patterns.map(([, route]) => route),
  'other',
]

/** The route of a canonical path: the path without what differs from request to request. It is for statistics. */
export function toRoute(path: string): string {
  if (exact.has(path)) return path
  return patterns.find(([begins]) => path.startsWith(begins))?.[1] ?? 'other'
}

/** Whether it is an endpoint that programs call. */
export const isForPrograms = (path: string): boolean =>
  findEndpoint(path, 'invited')?.isForPrograms ?? false
