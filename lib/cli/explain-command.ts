import { Command } from 'commander'
import type { RefusedRequest } from '../index.ts'
import { requireText, runWith, withCommonOptions, type CommonOptions } from './run.ts'
import { Refusal } from './terminal/refusals.ts'
import { clean, toJson, toList, toTime } from './terminal/text.ts'

/** Creates `explain`. */
export function createExplainCommand(): Command {
  const command = new Command('explain')
    .description('say why a request failed, by the id in its answer (X-Request-Id) or on its page')
    .argument('<request-id>', 'the id', requireText)
    .addHelpText(
      'after',
      `
Refused requests are recorded for 24 hours, as far as there is room. The command reads Redis. Set REDIS_URL and STORAGE_KEYS as
for the authorization server. With --config, it uses the authorization server that a module of yours exports.

Clients can choose the id of a request, unless a proxy replaces it. Several requests with one id are all shown.

Examples:
  pleo-oauth explain 4f2a9c01d3b87e65
  pleo-oauth explain 4f2a9c01d3b87e65 --json | jq -r '.[].reason'`,
    )
  return withCommonOptions(command).action((requestId: string, options: CommonOptions) =>
    runWith(options, async (opened) => {
      const refused = await opened.explain(requestId)
      if (refused.length === 0) throw new Refusal(nothing)
      if (options.json) return toJson(refused, ['time'])
      return refused.map((one) => toText(one)).join('\n\n')
    }),
  )
}

const nothing = `nothing is recorded for this request id. Check that
- it is whole: the answer has it in X-Request-Id, an error page at its end;
- the request was refused, less than 24 hours ago;
- this is the Redis, and the key prefix, of the server that answered.
If there was no room for a record (anonymousRequests), or Redis was away, only the log has it: look for "refused" with this id.`

function toText({ reason, ...refused }: RefusedRequest): string {
  const { time, method, path, status, error, description, clientId } = refused
  const told = description === '' ? error : `${error}: ${description}`
  return `${clean(reason)}\n${toList([
    ['request', `${method} ${path}`],
    ['time', toTime(time)],
    ['client', clientId ?? '-'],
    ['answer', `${status} ${told}`],
  ])}`
}
