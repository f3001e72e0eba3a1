/** A step of a flow that did not go as a test asked for. It says what came instead, never a token, code or secret. */
export class FlowError extends Error {
  override readonly name = 'FlowError'
  /** The error code of the protocol (`invalid_scope`, `invalid_grant`), if the answer had one. */
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}
