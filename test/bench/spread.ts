/** How a figure came out over all rounds. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

export function toSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0), high: quantile(sorted, 1) }
}

/** A quantile of sorted values, between its two neighbours. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part
  const low = sorted[Math.floor(at)] ?? NaN
  const high = sorted[Math.ceil(at)] ?? NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** The median, and how far the rounds are from it: half of the way from the lowest to the highest. One round says nothing of that. */
export function toText({ median, low, high }: Spread, digits = 0): string {
  if (low === high) return median.toFixed(digits)
  return `${median.toFixed(digits)} ±${median > 0 ? ((50 * (high - low)) / median).toFixed(0) : 0}%`
}
