import type { Context } from 'koa'
import type { InteractionResults } from 'oidc-provider'
import { declined, forgetOutcome, saveOutcome, toSessionMark } from '../oidc/outcomes.ts'
import { finishInteraction, reopenInteraction, type OpenInteraction } from './interaction.ts'
import { keepCookie } from './over.ts'
import type { PageParts } from './parts.ts'

/** A person who said yes: to what, and what the framework is told. */
export interface Allowed {
  readonly subject: string
  readonly result: InteractionResults
}

/**
 * Ends an interaction with the decision of the person, who can see it again for an hour. If nobody signed in, that is stored only
 * when the interaction ends: a stranger has one small record at a time.
 */
export async function decide(
  parts: PageParts,
  ctx: Context,
  { interaction, client }: OpenInteraction,
  allowed?: Allowed,
): Promise<void> {
  const { storage } = parts.config
  const { accountId } = interaction.session ?? {}
  if (accountId !== undefined) {
    // Before the interaction ends: without it, nothing would tell the person any more.
    await saveOutcome(storage, interaction.uid, {
      kind: allowed ? 'allowed' : 'declined',
      clientId: client.clientId,
      accountId,
      session: toSessionMark(parts.provider, ctx),
      ...(allowed && { subject: allowed.subject }),
    })
  }
  await finishInteraction(ctx, interaction, allowed?.result ?? declined)
  keepCookie(parts, ctx, interaction.uid)
}

/** Ends an interaction in which the person said no. */
export const decline = (parts: PageParts, ctx: Context, open: OpenInteraction): Promise<void> =>
  decide(parts, ctx, open)

/** Lets the person decide again if the decision could not be stored. */
export async function letDecideAgain(
  { config: { storage } }: PageParts,
  { interaction }: OpenInteraction,
): Promise<void> {
  await reopenInteraction(interaction)
  await forgetOutcome(storage, interaction.uid)
}
