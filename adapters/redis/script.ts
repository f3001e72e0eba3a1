import { createHash } from 'node:crypto'

/** A script that decides something in one step, on one key. */
export interface Script {
  readonly name: string
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
 * Makes a script. Those without the flag \`no-writes\` are refused by a replica, so a server that was
 * demoted answers no question from what it last knew; \`allow-oom\` is for those that need no memory.
 */
export function createScript(name: string, flags: 'allow-oom' | '', body: string): Script {
  const source = `#!lua flags=${flags}\n-- ${name}${beginning}${body}`
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}
