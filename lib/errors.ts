/** One mistake in the options, or in the metadata of a client. */
export interface ConfigurationIssue {
  /** Where it is, for example `resourceServer.audience` or `clients[0].redirect_uris[1]`; of a client alone, `redirect_uris[1]`, or `scope[1]` for its second scope. */
  readonly path: string
  /** What kind of mistake it is; stable, for programs. */
  readonly code: string
  /** What is wrong and what is expected, without the value. */
  readonly message: string
}

/** The options given to `createAuthorizationServer` are wrong: every mistake at once, no value among them. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly issues: readonly ConfigurationIssue[]

  constructor(issues: readonly ConfigurationIssue[], options?: ErrorOptions) {
    const lines = issues.map(({ path, message }) => `  ${path}: ${message}`)
    super(`the options are wrong:\n${lines.join('\n')}`, options)
    this.issues = issues
  }
}

/**
 * A client cannot be registered, or changed, like that: every mistake at once, no value among them. As an answer to a
 * request it is `invalid_redirect_uri` where redirect URIs are all that is wrong, and else `invalid_client_metadata`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-3.2.2 RFC 7591, Section 3.2.2}
 */
export class ClientMetadataError extends Error {
  override readonly name = 'ClientMetadataError'
  readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata'
  readonly error_description: string
  /** Of an answer; with `expose`, Koa says the message, too. */
  readonly status = 400
  readonly statusCode = 400
  readonly expose = true
  readonly issues: readonly ConfigurationIssue[]

  constructor(issues: readonly ConfigurationIssue[]) {
    const description = issues.map(({ path, message }) => `${path} ${message}`).join('; ')
    super(description)
    const isOnlyUris = issues.every(({ path }) => path.startsWith('redirect_uris'))
    this.error = isOnlyUris ? 'invalid_redirect_uri' : 'invalid_client_metadata'
    this.error_description = description
    this.issues = issues
  }
}

/** No such client is registered. */
export class UnknownClientError extends Error {
  override readonly name = 'UnknownClientError'

  constructor() {
    super('no such client is registered; those given with the options are not among them')
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
