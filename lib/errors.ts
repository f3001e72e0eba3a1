/** One mistake in the options, or in the metadata of a client. */
export interface ConfigurationIssue {
  /**
   * The place of the mistake, for example `resourceServer.audience` or `clients[0].redirect_uris[1]`. For a single client it is
   * `redirect_uris[1]`, or `scope[1]` for its second scope.
   */
  readonly path: string
  /** The kind of mistake. It is stable, for programs. */
  readonly code: string
  /** Says what is wrong and what is expected, without the value. */
  readonly message: string
}

/** Returns the first issue of each path: a member that breaks several rules gets one finding. */
export function oneForEachPath(issues: readonly ConfigurationIssue[]): ConfigurationIssue[] {
  const first = new Map<string, ConfigurationIssue>()
  for (const issue of issues) if (!first.has(issue.path)) first.set(issue.path, issue)
  return [...first.values()]
}

/**
 * The options of `createAuthorizationServer` are wrong, or something around the server is: its storage, or what is between it and its
 * clients. It has every mistake, and no value but paths of files.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly issues: readonly ConfigurationIssue[]

  /** @param what - the beginning of the message: what is wrong as a whole */
  constructor(
    issues: readonly ConfigurationIssue[],
    options?: ErrorOptions,
    what = 'the options are wrong',
  ) {
    const lines = issues.map(({ path, message }) => `  ${path}: ${message}`)
    super(`${what}:\n${lines.join('\n')}`, options)
    this.issues = issues
  }
}

/** The most mistakes that are searched for in a client: nobody mends more at once, and a stranger may send thousands. */
export const mostFindings = 20

/**
 * The metadata of a client is invalid. It has the first 20 wrong members, each with one finding and without the value. The message
 * says if there are more. The error code is `invalid_redirect_uri` if only redirect URIs are wrong, and otherwise
 * `invalid_client_metadata`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-3.2.2 RFC 7591, Section 3.2.2}
 */
export class ClientMetadataError extends Error {
  override readonly name = 'ClientMetadataError'
  readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata'
  readonly error_description: string
  /** The status of an answer. With `expose`, Koa sends the message. */
  readonly status = 400
  readonly statusCode = 400
  readonly expose = true
  readonly issues: readonly ConfigurationIssue[]

  constructor(found: readonly ConfigurationIssue[]) {
    const all = oneForEachPath(found)
    const issues = all.slice(0, mostFindings)
    const description = toDescription(issues, all.length > mostFindings)
    super(description)
    const isOnlyUris = issues.every(({ path }) => path.startsWith('redirect_uris'))
    this.error = isOnlyUris ? 'invalid_redirect_uri' : 'invalid_client_metadata'
    this.error_description = description
    this.issues = issues
  }
}

/** The most characters of a part of a mistake: the sender chooses names of members. */
const longestPart = 200

/**
 * The mistakes, and whether there are more, in the characters that an answer may have.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 */
function toDescription(issues: readonly ConfigurationIssue[], hasMore: boolean): string {
  const described = issues.map(
    ({ path, message }) => `${toPermitted(path)} ${toPermitted(message)}`,
  )
  return [...described, ...(hasMore ? ['and more'] : [])].join('; ')
}

const toPermitted = (text: string): string =>
  shorten(text)
    .replaceAll('"', "'")
    .replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/gu, '?')

const shorten = (text: string): string =>
  text.length > longestPart ? `${text.slice(0, longestPart)}...` : text

/**
 * An error of the protocol. The message is the error code. At its endpoints the framework answers with it, because it is `expose` and
 * has a `statusCode`; elsewhere `http/front.ts` does.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly expose = true
  readonly error: string
  readonly error_description: string
  readonly statusCode: number
  readonly status: number
  /** The exact reason, if it says more than the description: for the log of the host alone. It has no value of a credential. */
  readonly reason: string | undefined

  constructor(error: string, description: string, statusCode = 400, reason?: string) {
    super(error)
    this.reason = reason
    this.error = error
    this.error_description = description
    this.statusCode = statusCode
    this.status = statusCode
  }
}

/** No client with that id is registered. */
export class UnknownClientError extends Error {
  override readonly name = 'UnknownClientError'

  constructor() {
    super('no such client is registered; those given with the options are not among them')
  }
}

/** Somebody resumed a client during its removal. The client is still there, but its connections have ended. */
export class ClientResumedError extends Error {
  override readonly name = 'ClientResumedError'

  constructor() {
    super(
      'the client was resumed while it was removed: it is still there, and its connections have ended',
    )
  }
}

/** The signing keys cannot be rotated now: nothing was changed. */
export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError'
  /** Why; stable, for programs. */
  readonly code: 'rotation_under_way' | 'no_stored_keys'

  constructor(code: SigningKeyError['code'], message: string) {
    super(message)
    this.code = code
  }
}
