/** A copy of plain JSON, several times as fast as writing and reading it. */
export function copyOf<T extends object>(value: T): T
export function copyOf(value: object): object {
  if (Array.isArray(value)) return value.map((item: unknown) => copyOfMember(item))
  const copy: Record<string, unknown> = { ...value }
  for (const name of Object.keys(copy)) {
    const member = copy[name]
    if (typeof member === 'object') copy[name] = copyOfMember(member)
  }
  return copy
}

const copyOfMember = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? copyOf(value) : value
