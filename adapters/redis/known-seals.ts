/** A seal that was made or opened lately. A text, because a buffer would keep a larger one. */
interface KnownSeal {
  readonly sealed: string
  readonly content: string
}

/** How many characters are remembered: more than 10,000 usual seals. */
const most = 16_000_000

interface KnownSeals {
  get(place: string): KnownSeal | undefined
  add(place: string, seal: KnownSeal): void
}

/**
 * Remembers the last seal of each place. Most that is read was stored by this process a moment before, and APIs ask about the same token
 * many times. When there are too many, all are forgotten.
 */
export function createKnownSeals(): KnownSeals {
  const seals = new Map<string, KnownSeal>()
  let length = 0
  return {
    get: (place) => seals.get(place),
    add(place, { sealed, content }) {
      const more = place.length + sealed.length + content.length
      length += more
      if (length > most) {
        seals.clear()
        length = more
      }
      // A copy: the id of a session is a part of a whole header, and would keep it.
      seals.set(place, { sealed, content: Buffer.from(content).toString() })
    },
  }
}
