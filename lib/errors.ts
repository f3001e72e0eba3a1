/** One mistake in the options. */
export interface ConfigurationIssue {
  /** Where it is, for example `resourceServer.audience` or `clients[0].redirect_uris[1]`. */
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
