import leven from 'leven'
import type { z } from 'zod'
import { mostFindings } from '../errors.ts'

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

/** Runs a check of an object or array although a member is wrong, so that every mistake is found at once. */
export const evenIfWrong = {
  when: ({ value }: { readonly value: unknown }): boolean =>
    typeof value === 'object' && value !== null,
}

/** Complains about members that are spelled nearly like a known one. Other unknown members pass. */
export function refuseMisspelled(
  value: object,
  known: readonly string[],
  context: z.core.$RefinementCtx,
): void {
  // A language tag makes a name of its own (RFC 7591, Section 2.2).
  const unknown = Object.keys(value).filter((key) => !known.includes(key) && !key.includes('#'))
  for (const name of unknown) {
    if (context.issues.length > mostFindings) return
    const meant = nearestName(name, known)
    if (meant === undefined) continue
    const message = `is not known (did you mean "${meant}"?)`
    context.addIssue({ code: 'custom', path: [name], message, params: { code: 'unknown_option' } })
  }
}
