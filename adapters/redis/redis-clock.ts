/** The answer of a script. It begins with the clock of the Redis, in milliseconds since the epoch. */
export type Reply = readonly [number, ...unknown[]]

/** The clock of a Redis, as far as its answers tell. */
export interface RedisClock {
  /** The time at Redis at a moment of ours, and 0 as long as nothing is known of it. */
  at(moment: number): number
  /** Learns from an answer to a question of that moment. */
  learn(reply: readonly unknown[], start: number): Reply
}

/** Makes the clock of a Redis of which nothing is known yet. */
export function createRedisClock(): RedisClock {
  // How far it was ahead of ours at the latest answers, at the least. Of several servers, the clock that is least ahead counts: the
  // answer LATE shows a deadline that is too early.
  const ahead: number[] = []
  return {
    at: (moment) => (ahead.length === 0 ? 0 : Math.floor(moment + Math.min(...ahead))),
    learn([first, ...answer], start) {
      const time = Number(first)
      // The clock was read at some moment between the question and now.
      const [least, most] = [time - performance.now(), time - start]
      const before = ahead.length === 0 ? least : Math.min(...ahead)
      ahead.push(Math.min(Math.max(before, least), most))
      if (ahead.length > 32) ahead.shift()
      return [time, ...answer]
    },
  }
}
