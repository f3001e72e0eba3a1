import { Command } from 'commander'
import { ClientMetadataError } from '../../errors.ts'
import type { ClientChanges, RegisteredClient, UpdateOptions } from '../../index.ts'
import { nearestName } from '../../validation/did-you-mean.ts'
import { runWith, withChangeOptions, type CommonOptions } from '../run.ts'
import { confirm } from '../terminal/questions.ts'
import { Refusal, UsageError } from '../terminal/refusals.ts'
import { clean, toList } from '../terminal/text.ts'
import {
  nameScopes,
  refuseChanged,
  toMetadata,
  withMetadataOptions,
  type MetadataOptions,
} from './client-options.ts'
import { clientWords, findClient } from './find-client.ts'
import { describeClient, toShown } from './show-client.ts'

/** Changes the metadata of a client. */
export function createUpdateCommand(): Command {
  const command = withMetadataOptions(new Command('update'))
    .description('change what a client is registered with; what is left out stays')
    .argument('<client-id>', clientWords)
    .option('--unset <member...>', 'members to take away, by their RFC 7591 names')
    .option('--yes', 'do not ask whether a client that registered itself has been checked')
    .addHelpText(
      'after',
      `
A list is replaced as a whole: name every redirect URI that you want to keep. --unset fails if the client does not have
the member. If you mark a client that registered itself as verified, the command shows what people trust it by, and asks.

Examples:
  pleo-oauth clients update <client-id> \\
    --logo-uri https://ledger.example/logo.png
  pleo-oauth clients update <client-id> --no-test --unset tos_uri policy_uri`,
    )
  return withChangeOptions(command).action(
    (given: string, options: MetadataOptions & CommonOptions) =>
      runWith(options, async (administration) => {
        const { clients } = administration
        const changes = toMetadata(options)
        if (Object.keys(changes).length === 0)
          throw new UsageError('say what to change: there is no option for it (--help lists them)')
        const client = await findClient(clients, given, options)
        if (options.unset) checkUnset(options.unset, client)
        const seen = await confirmVerified(client, changes, options.yes)
        const updated = await clients
          .update(client.clientId, changes, seen)
          .catch(refuseChanged('client'))
          .catch((error: unknown) => {
            const isNamed = error instanceof ClientMetadataError && changes.scope
            throw isNamed ? nameScopes(error, changes.scope, administration) : error
          })
        return describeClient(administration, updated, options)
      }),
  )
}

/**
 * Checks that the client has the members that are to be removed.
 *
 * @throws {@link Refusal} with the nearest name
 */
export function checkUnset(names: readonly string[], client: RegisteredClient): void {
  const { client_id: _, ...members } = client.metadata
  const known = Object.keys(members)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  const meant = nearestName(unknown, known)
  const hint = meant === undefined ? `it has ${known.join(', ')}` : `did you mean ${meant}?`
  throw new Refusal(`nothing was changed: the client has no ${clean(unknown)} (${clean(hint)})`)
}

/**
 * Shows the metadata that a partner registered, before the operator marks the client as verified.
 *
 * @param isMeant - the operator has given `--yes`
 * @returns the metadata that the operator saw: the update fails if it has changed since
 * @throws {@link Refusal} if the operator says no, or there is no terminal to ask on
 */
async function confirmVerified(
  client: RegisteredClient,
  changes: ClientChanges,
  isMeant: boolean | undefined,
): Promise<UpdateOptions> {
  const { metadata, isSelfRegistered } = client
  if (!isSelfRegistered || changes.verified !== true || metadata.verified === true) return {}
  const { trustedMembersOf, withoutEmpty } = await import('../../administration.ts')
  const members = trustedMembersOf(withoutEmpty({ ...metadata, ...changes }))
  const rows = members.map(([name, value]) => [name, [value].flat().join(' ')] as const)
  const question = `The partner registered ${toShown(client)} with\n${toList(rows)}\nHave you checked who provides it, and all of this?`
  await confirm(question, isMeant)
  return { seen: metadata }
}
