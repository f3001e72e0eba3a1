/** Reads a setting from the environment. A backend that lacks one does not start. */
export function setting(name: string): string {
  const value = process.env[name]
  if (value) return value
  console.error(`${name} is not set`)
  process.exit(1)
}

/** Reads a setting that is several values, separated by commas. */
export const list = (name: string): readonly string[] =>
  setting(name)
    .split(',')
    .map((value) => value.trim())
