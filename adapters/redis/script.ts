import { createHash, randomBytes } from 'node:crypto'

/** A script that decides something in one step, on one key. */
export interface Script {
  readonly source: string
  readonly sha: string
}

/**
 * The beginning of every script. `now` is the clock of Redis, so that all processes use the same one. A
 * command that arrives after its sender stopped waiting must not change anything: the sender has already
 * answered that nothing happened.
 */
const beginning = `
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then return redis.error_reply('LATE ' .. now) end
`

/**
 * Makes a script. No script has the flag `no-writes`, so a replica refuses all of them: a server that was demoted must not
 * answer from old data. `allow-oom` is for scripts that need no memory.
 *
 * @param name - for a person who reads the log of Redis
 */
export function createScript(name: string, flags: 'allow-oom' | '', body: string): Script {
  const source = `#!lua flags=${flags}\n-- ${name}${beginning}${body}`
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

// Drawn for each process, and in it for each copy of this package. A process id does not do: each container may have the same one.
const attempts = randomBytes(16).toString('base64url')
let attemptCount = 0

/**
 * An id for one attempt: a command that is sent again after a broken connection keeps it. None is the beginning of another one,
 * and none has a comma: scripts keep lists of them.
 */
export const createAttempt = (): string => `${attempts}${(attemptCount += 1)}.`
