/** A step of a flow failed. The message describes the answer, and never has a token, code or secret. */
export class FlowError extends Error {
  override readonly name = 'FlowError'
  /** The error code of the protocol (`invalid_scope`, `invalid_grant`), if the answer had one. */
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}
