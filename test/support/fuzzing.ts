import * as fc from 'fast-check'

// Everything that tests draw at random starts at this seed: the same on every machine, or another one with `npm run fuzz`.

const numberFrom = (name: string): number => {
  const given = process.env[name] || '1'
  if (!/^\d{1,9}$/.test(given) || given === '0') {
    throw new Error(
      `${name} is not a whole number of at most nine digits above 0: change or unset it`,
    )
  }
  return Number(given)
}

const seed = numberFrom('FUZZ_SEED')

/** How many cases a property gets: as many as given, or that many times `FUZZ_TIMES` with `npm run fuzz`. */
export const times = (count: number): number => count * numberFrom('FUZZ_TIMES')

/** Different seeds, each for one generator of {@link createRandom}. */
export const seeds = (count: number): readonly number[] =>
  Array.from({ length: times(count) }, (_, index) => seed + index)

/** Makes a generator of numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
export function createRandom(from: number = seed): () => number {
  let state = from
  return () => {
    state = Math.trunc(state + 0x6d2b79f5)
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

fc.configureGlobal({ seed })

/** fast-check with that seed. The linter lets nobody import it from elsewhere. */
export * as fc from 'fast-check'
