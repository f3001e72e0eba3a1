/** What is left to see of a code or a token: that it is there, and what it is like. */
export function mask(value: string): string {
  const beginning = value.length < 20 ? '' : value.slice(0, 4)
  return `${beginning}… (${value.length} characters)`
}
