import { createAttempt } from './commands.ts'
import type { StoreParts } from './places.ts'
import { createScript, type Script } from './script.ts'

// A hint is a hash for a subject with many grants. It names a few of them that tell as much as all:
//   id which hint it is, at when it was last made of all, to the end up to which it knows the index,
//   CLIENT.GRANT p for one that was picked, otherwise from when on it is stored, if ever
// It is in no slot with its index. First the index has a grant, then the hint.

/** A hint that nobody reads grows no further. */
const mostEntries = 200
/** Milliseconds after which a hint is made anew for the next reader, and after which it is gone. */
const freshTime = 3_600_000
export const hintLifetime = 86_400_000

/** ARGV: deadline, id of a new hint. Answers whether the caller has to make it anew, and all of it. */
const openScript: Script = createScript(
  'hint.open',
  'allow-oom',
  `
if redis.call('HSETNX', key, 'id', ARGV[2]) == 1 then redis.call('PEXPIRE', key, ${hintLifetime}) end
local at, isOld = tonumber(redis.call('HGET', key, 'at')), 0
if at and now - at > ${freshTime} then
  isOld = 1
  redis.call('HSET', key, 'at', now)
end
return {now, isOld, redis.call('HGETALL', key)}
`,
)

/** ARGV: deadline, entry. A hint is gone if it has grown too much, or if what was picked is stored anew. */
const noteScript: Script = createScript(
  'hint.note',
  '',
  `
if redis.call('EXISTS', key) == 0 then return {now} end
if redis.call('HLEN', key) > ${mostEntries} or redis.call('HGET', key, ARGV[2]) == 'p' then
  redis.call('DEL', key)
else
  redis.call('HSET', key, ARGV[2], now)
end
return {now}
`,
)

/**
 * ARGV: deadline, id, whether it is made of all, the end up to which it knows the index, how many entries to remove, those, and
 * entries with their values.
 */
const writeScript: Script = createScript(
  'hint.write',
  'allow-oom',
  `
if redis.call('HGET', key, 'id') ~= ARGV[2] then return {now} end
local last = 5 + ARGV[5]
if last > 5 then redis.call('HDEL', key, unpack(ARGV, 6, last)) end
redis.call('HSET', key, 'to', ARGV[4], unpack(ARGV, last + 1))
if ARGV[3] == '1' then
  redis.call('HSET', key, 'at', now)
  redis.call('PEXPIRE', key, ${hintLifetime})
end
return {now}
`,
)

/** A hint, as it was read. Its entries are those of the index. */
export interface Hint {
  readonly id: string
  /** The clock of the Redis, in milliseconds since the epoch. */
  readonly now: number
  /** Whether this reader has to make it anew. */
  readonly isOld: boolean
  /** It knows the index up to this end. Absent until somebody has made it. */
  readonly to: string | undefined
  /** They stand for all others. */
  readonly picked: readonly string[]
  /** They stand for themselves: entries with the time from which on they are stored, if ever, newest first. */
  readonly recent: readonly Recent[]
}

export type Recent = readonly [entry: string, since: number]

/** What to write over a hint. */
export interface HintChange extends Pick<Hint, 'picked' | 'recent'> {
  readonly to: string
  /** The entries that the picked ones stand for from now on. */
  readonly removed: readonly string[]
  /** Whether it is made of all grants. */
  readonly isComplete: boolean
}

/** The hints of a Redis, by the name of their subject. */
export interface HintStore {
  /** Reads a hint. If there is none, an empty one is stored, in which grants are noted from now on. */
  open(name: string): Promise<Hint>
  /** Notes an entry, if there is a hint. */
  note(name: string, entry: string): Promise<void>
  /** Writes nothing if the hint that was read is gone. */
  write(name: string, hint: Hint, change: HintChange): Promise<void>
}

export function createHintStore({ commands, prefix }: StoreParts): HintStore {
  const toKey = (name: string): string => `${prefix}hint-for-subject:${name}`
  return {
    async open(name) {
      const [now, isOld, fields] = await commands.runWithTime(
        openScript,
        toKey(name),
        createAttempt(),
      )
      return toHint(now, Number(isOld) === 1, fields as readonly Buffer[])
    },
    async note(name, entry) {
      await commands.run(noteScript, toKey(name), entry)
    },
    async write(name, { id }, { picked, recent, to, removed, isComplete }) {
      // Thousands who agree at the same moment: a hint of that size would save nothing.
      if (picked.length + recent.length > mostEntries) return
      const fields = [...picked.map((entry) => [entry, 'p'] as const), ...recent].flat()
      const args = [id, isComplete ? 1 : 0, to, removed.length, ...removed, ...fields]
      await commands.run(writeScript, toKey(name), ...args)
    },
  }
}

function toHint(now: number, isOld: boolean, fields: readonly Buffer[]): Hint {
  const texts = fields.map(String)
  const values = new Map<string, string>()
  for (let at = 0; at < texts.length; at += 2) values.set(texts[at] ?? '', texts[at + 1] ?? '')
  const entries = [...values].filter(([field]) => field.includes('.'))
  return {
    id: values.get('id') ?? '',
    now,
    isOld,
    to: values.get('to'),
    picked: entries.filter(([, value]) => value === 'p').map(([entry]) => entry),
    recent: entries
      .filter(([, value]) => value !== 'p')
      .map(([entry, since]): Recent => [entry, Number(since)])
      .toSorted(([, one], [, other]) => other - one),
  }
}
