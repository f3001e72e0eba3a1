/** Where everything answers, below the path of the issuer. What partners know stands in the contract. */
export const routes = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  introspection: '/oauth/token/introspect',
  revocation: '/oauth/token/revoke',
  pushed_authorization_request: '/oauth/par',
  jwks: '/oauth/jwks',
  end_session: '/oauth/session/end',
} as const

/** Where people sign in and decide; one path an interaction, so that two tabs never share a cookie. */
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

/** Where the style sheet, the script and the logo of the pages are served. */
export const stylesheetPath = '/oauth/assets/styles.css'
export const scriptPath = '/oauth/assets/filter.js'
export const productLogoPath = '/oauth/assets/product-logo'

/** Where logos of clients are served. */
export const logoPath = '/oauth/assets/logos'

/** Whether it is a file that a page loads. */
export const isAsset = (path: string): boolean => path.startsWith('/oauth/assets/')

/** Where clients register themselves, and below it, by id, manage what they registered; where that is on. */
export const registrationPath = '/oauth/register'

/** Where one client is managed. */
export const toRegistrationUrl = (issuer: string, clientId: string): string =>
  `${issuer}${registrationPath}/${clientId}`

/** Authorization server metadata (RFC 8414, Section 3). */
export const oauthMetadataPath = '/.well-known/oauth-authorization-server'

/** The same under the name that OpenID Connect clients look for. */
export const openidMetadataPath = '/.well-known/openid-configuration'

/** Whether it is metadata, under either name. */
export const isMetadata = (path: string): boolean =>
  path === oauthMetadataPath || path === openidMetadataPath

/** Endpoints of the framework that programs call. They show nothing, and it says what of them may be kept. */
export const programEndpoints: ReadonlySet<string> = new Set([
  routes.token,
  routes.introspection,
  routes.revocation,
  routes.pushed_authorization_request,
  routes.jwks,
])

/**
 * Whether programs call it, not people: all that it answers is JSON, also every error, and whatever is asked for with
 * `Accept`. Programs send what their HTTP library does, which may be what browsers send.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 */
export const isForPrograms = (path: string): boolean =>
  programEndpoints.has(path) || isMetadata(path) || isRegistration(path)

const reads = ['GET', 'HEAD']

// GET starts, ends or looks up a request of a client there. HEAD must change nothing (RFC 9110, Section 9.2.1).
const pages = ['GET', 'POST']
const posts = ['POST', 'OPTIONS']
const managementMethods = [...reads, 'PUT', 'DELETE']

const methods: ReadonlyMap<string, readonly string[]> = new Map([
  [routes.authorization, pages],
  [routes.token, posts],
  [routes.introspection, posts],
  [routes.revocation, posts],
  [routes.pushed_authorization_request, posts],
  [routes.jwks, [...reads, 'OPTIONS']],
  [oauthMetadataPath, [...reads, 'OPTIONS']],
  [openidMetadataPath, [...reads, 'OPTIONS']],
  [stylesheetPath, reads],
  [scriptPath, reads],
  [productLogoPath, reads],
  [connectionsPath, reads],
  [disconnectPath, pages],
  [signInPath, [...reads, 'POST']],
  [signOutPath, [...reads, 'POST']],
])

/** The URL at which a request goes on after its interaction: one segment behind the authorization endpoint. */
const resumePath = new RegExp(`^${routes.authorization}/(?=[^/]+/?$)`, 'i')

/**
 * A path in its one spelling. The framework takes every case and a slash at the end; whatever
 * else looks at the path does not, and would let those pass.
 */
export function toCanonicalPath(path: string): string {
  if (methods.has(path)) return path
  const folded = path.toLowerCase().replace(/\/$/, '')
  // Ids of clients that registered themselves have no capitals.
  if (methods.has(folded) || isRegistration(folded)) return folded
  return path.replace(resumePath, `${routes.authorization}/`)
}

/** Whether it is there only where clients register themselves. */
export const isRegistration = (path: string): boolean =>
  path === registrationPath || path.startsWith(`${registrationPath}/`)

/**
 * What a path answers to; undefined where it is none of ours.
 *
 * @param isOpen - whether everybody registers clients, also from web pages, which ask with OPTIONS first
 */
export function allowedMethods(path: string, isOpen = false): readonly string[] | undefined {
  if (path === registrationPath) return isOpen ? posts : ['POST']
  if (isRegistration(path)) return managementMethods
  if (path.startsWith(`${logoPath}/`)) return reads
  if (path.startsWith(`${interactionPath}/`)) {
    return path.endsWith('/switch-account') ? ['POST'] : pages
  }
  if (resumePath.test(path)) return ['GET']
  return methods.get(path)
}

/** Whether something of ours may be at that path. */
export const isOwnPath = (path: string): boolean =>
  allowedMethods(toCanonicalPath(path)) !== undefined
