import leven from 'leven'

/** Finds the known name that was probably meant. Returns `undefined` if no name is close. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const mostDistant = Math.max(2, Math.floor(name.length / 4))
  const [nearest] = known
    .filter((candidate) => Math.abs(name.length - candidate.length) <= mostDistant)
    .map((candidate) => ({
      candidate,
      distance: leven(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .toSorted((a, b) => a.distance - b.distance)
  return nearest && nearest.distance <= mostDistant ? nearest.candidate : undefined
}

/**
 * The end of a message about an unknown name: the known name that was probably meant.
 *
 * @param otherwise - the name to suggest if no known one is near; by default none
 */
export function toHint(name: string, known: readonly string[], otherwise?: string): string {
  const meant = nearestName(name, known) ?? otherwise
  return meant === undefined ? '' : ` (did you mean "${meant}"?)`
}

/**
 * Refuses members that a method does not know: otherwise a misspelled limit would be ignored.
 *
 * @throws TypeError
 */
export function refuseUnknown(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const meant = nearestName(name, known)
    const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean "${meant}"?`
    throw new TypeError(`${name} is not an option (${hint})`)
  }
}
