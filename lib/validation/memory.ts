/** The longest text that is remembered as a key, in characters. */
const longest = 300

/**
 * Remembers what was found for a key. Strangers write keys: when there are too many, all are forgotten, and a long one is never
 * remembered.
 *
 * @param most - how many keys are remembered
 */
export function createMemory<Found>(most = 500): (key: string, find: () => Found) => Found {
  const known = new Map<string, Found>()
  return (key, find) => {
    const earlier = known.get(key)
    if (earlier !== undefined) return earlier
    const found = find()
    if (key.length > longest) return found
    if (known.size >= most) known.clear()
    known.set(key, found)
    return found
  }
}
