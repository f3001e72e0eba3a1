import { styleText } from 'node:util'
import { readTextFile } from '../../validation/text-file.ts'
import { sayingWhy } from '../run.ts'
import { print } from '../terminal/print.ts'
import { askHidden, canAsk, ownTerminal } from '../terminal/questions.ts'
import { Refusal, toUnreadable } from '../terminal/refusals.ts'
import { toJson } from '../terminal/text.ts'
import { walk, type Narrator, type Outcome } from './flow.ts'
import { listenFor } from './listener.ts'
import { createPartner, type TryOptions } from './partner.ts'
import { inWords } from './trouble.ts'
import { toPlain, toText } from './summary.ts'
import { createSend } from './wire.ts'

/** Performs the flow and prints the result. After an error, which is printed on stderr, the process ends with 1. */
export async function runTry(options: TryOptions): Promise<void> {
  await sayingWhy(async () => {
    try {
      const outcome = await tryOut(options)
      const isShown = options.showTokens ?? false
      await print(options.json ? toJson(toPlain(outcome, isShown)) : toText(outcome, isShown))
      const faults = findFaults(outcome)
      if (faults.length > 0)
        throw new Refusal(`the authorization server is at fault: ${faults.join('; ')}`)
    } catch (error) {
      // The terminal can have shown ^C.
      process.stderr.write('\n')
      throw await inWords(error)
    }
  })
  // An answer that nobody read keeps its connection open.
  process.exit()
}

async function tryOut(options: TryOptions): Promise<Outcome> {
  const secret = await readSecret(options)
  const narrator = createNarrator()
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort(new Refusal('interrupted'))
  // Once: the second Ctrl+C ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)

  narrator.step('Reading the metadata of the authorization server')
  const send = createSend(narrator.detail, interruption.signal)
  const partner = await createPartner(options, secret, send, createSend(narrator.detail))
  const listener = await listenFor(options.redirectUri)
  try {
    return await walk(partner, options, narrator, async () => {
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
