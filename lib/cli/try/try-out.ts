import { styleText } from 'node:util'
import type { Command } from 'commander'
import { readTextFile } from '../../validation/text-file.ts'
import { print } from '../terminal/print.ts'
import { askHidden, canAsk, ownTerminal } from '../terminal/questions.ts'
import { Refusal, toUnreadable } from '../terminal/refusals.ts'
import { toJson } from '../terminal/text.ts'
import type { RedirectUri } from './attempt.ts'
import { requireAll, walk, type Narrator, type Outcome, type Plan } from './flow.ts'
import { listenFor } from './listener.ts'
import { createPartner } from './partner.ts'
import { toPlain, toText } from './summary.ts'
import { createSend } from './wire.ts'

/** The options of `try`. */
export interface TryOptions {
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecretFile?: string
  readonly public?: boolean
  readonly scope?: readonly string[]
  readonly subject?: string
  readonly redirectUri: RedirectUri
  readonly par?: boolean
  readonly dpop?: boolean
  readonly refresh?: boolean
  readonly revoke?: boolean
  readonly showTokens?: boolean
  readonly timeout: number
  readonly json?: boolean
}

/** Performs the flow and prints the result. After an error, which is printed on stderr, the process ends with 1. */
export async function runTry(command: Command, options: TryOptions): Promise<void> {
  try {
    const outcome = await tryOut(options, await readSecret(options))
    const isShown = options.showTokens ?? false
    await print(options.json ? toJson(toPlain(outcome, isShown)) : toText(outcome, isShown))
    const faults = findFaults(outcome)
    if (faults.length > 0)
      throw new Refusal(`the authorization server is at fault: ${faults.join('; ')}`)
  } catch (error) {
    // Only the message: other members can contain what was sent.
    const reason = error instanceof Error ? error.message : 'something went wrong'
    // A new line, because the terminal can have shown ^C.
    command.error(`\nerror: ${reason}`)
  }
}

async function tryOut(options: TryOptions, secret: string | undefined): Promise<Outcome> {
  const { issuer, clientId, redirectUri, scope, subject } = options
  const plan: Plan = {
    request: { redirectUri, scope: scope?.join(' '), subject, isPushed: options.par ?? false },
    isRefreshed: options.refresh ?? false,
    isRevoked: options.revoke ?? false,
  }
  const narrator = createNarrator()
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort(new Refusal('interrupted'))
  // Once: the second Ctrl+C ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)

  narrator.step('Reading the metadata of the authorization server')
  const partner = await createPartner({
    issuer,
    clientId,
    secret,
    hasProof: options.dpop ?? false,
    send: createSend(narrator.detail, interruption.signal),
    sendLast: createSend(narrator.detail),
  })
  requireAll(partner, plan)
  const listener = await listenFor(redirectUri)
  try {
    return await walk(partner, plan, narrator, async () => {
      const answer = await listener.wait(options.timeout, interruption.signal)
      listener.close()
      return answer
    })
  } finally {
    listener.close()
  }
}

/**
 * Reads the client secret; `undefined` for a public client. It is never an option, because other processes and the history
 * of the shell would see it.
 */
export async function readSecret({
  clientSecretFile: file,
  public: isPublic = false,
}: Pick<TryOptions, 'clientSecretFile' | 'public'>): Promise<string | undefined> {
  if (isPublic) return undefined
  if (file !== undefined) return readSecretFile(file)
  const terminal = ownTerminal()
  const given = process.env['CLIENT_SECRET'] || undefined
  if (given !== undefined || !canAsk(terminal)) return given
  return (await askHidden(terminal, 'Client secret (none for a public client):')) || undefined
}

function readSecretFile(file: string): string {
  let text: string
  try {
    text = readTextFile(file).trim()
  } catch (error) {
    throw toUnreadable(file, error)
  }
  if (text === '') throw new Refusal(`${file} is empty, and must contain the client secret`)
  return text
}

/** The faults of the authorization server, as far as its answers show them. */
function findFaults({ introspection, refreshed, revoked }: Outcome): readonly string[] {
  return [
    introspection?.active === false ? 'the access token was not active when it was new' : [],
    refreshed?.isStillActive ? 'the access token before the refresh is still active' : [],
    revoked?.isStillActive ? 'the access token is still active after it was revoked' : [],
  ].flat()
}

/** Writes to stderr. Steps are bold if it is a terminal and `NO_COLOR` is not set. */
function createNarrator(): Narrator & { detail: (text: string) => void } {
  const bold = (text: string): string => styleText('bold', text, { stream: process.stderr })
  return {
    step: (text) => console.error(`\n${bold(text)}`),
    detail: (text) => console.error(text),
    show: (url) => {
      console.error(`\n${bold('Open this in a browser on this machine, sign in and agree:')}`)
      // On a line of its own, so that people can click and copy it.
      console.error(`\n${url.href}`)
      console.error(
        '\nWaiting for the browser to come back. Ctrl+C ends it, for example if the browser shows an error.',
      )
    },
  }
}
