import type { Command } from 'commander'
import { Refusal } from '../terminal/refusal.ts'
import { print } from '../terminal/print.ts'
import { toJson } from '../terminal/text.ts'
import { findFaults } from './faults.ts'
import { requireAll, walk, type Outcome, type Plan } from './flow.ts'
import { listenFor } from './listener.ts'
import { createNarrator } from './narrator.ts'
import { createPartner } from './partner.ts'
import { toPlain, toText } from './summary.ts'
import type { RedirectUri } from './values.ts'
import { createSend } from './wire.ts'

/** What `try` takes. */
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

/** Does it, and prints what came of it. What goes wrong is said on stderr, and the process ends with 1. */
export async function runTry(
  command: Command,
  options: TryOptions,
  readSecret: () => Promise<string | undefined>,
): Promise<void> {
  try {
    const outcome = await tryOut(options, await readSecret())
    const isShown = options.showTokens ?? false
    await print(options.json ? toJson(toPlain(outcome, isShown)) : toText(outcome, isShown))
    const faults = findFaults(outcome)
    if (faults.length > 0)
      throw new Refusal(`the authorization server is at fault: ${faults.join('; ')}`)
  } catch (error) {
    // Never more than the message: with it may come what was sent.
    const reason = error instanceof Error ? error.message : 'something went wrong'
    // After the steps, and what the terminal shows of Ctrl+C.
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
  // Once: whoever does it again means at once.
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
