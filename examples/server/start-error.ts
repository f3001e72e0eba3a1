/** The example cannot start: what is wrong with the surroundings it was given, one line for each mistake. */
export class StartError extends Error {
  override readonly name = 'StartError'

  constructor(lines: string | readonly string[], options?: ErrorOptions) {
    super(typeof lines === 'string' ? lines : lines.join('\n'), options)
  }
}
