import { createHash } from 'node:crypto'

/** A script that decides something in one step, on one key. */
export interface Script {
  readonly name: string
  readonly source: string
  readonly sha: string
}

/**
 * What every script begins with. `now` is the clock of the Redis, so that all processes go by one. A
 * command that comes later than its sender waits for it must not do anything any more: the sender has
 * said that nothing happened.
 */
const beginning = `
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then return redis.error_reply('LATE ' .. now) end
`

/**
 * Makes a script. Those without the flag \`no-writes\` are refused by a replica, so a server that was
 * demoted answers no question from what it last knew; \`allow-oom\` is for those that need no memory.
 */
export function createScript(name: string, flags: 'allow-oom' | '', body: string): Script {
  const source = `#!lua flags=${flags}\n-- ${name}${beginning}${body}`
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}
