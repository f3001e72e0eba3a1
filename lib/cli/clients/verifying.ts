import { withoutEmpty, trustedMembersOf } from '../../administration.ts'
import type { ClientChanges, RegisteredClient, UpdateOptions } from '../../index.ts'
import { confirm } from '../terminal/questions.ts'
import { clean, toList } from '../terminal/text.ts'

/**
 * Has whoever marks a client as verified look at what it is registered with, where the partner may have changed that.
 *
 * @param isMeant - they have: `--yes`
 * @returns what they have seen, where the change is to count for that alone
 * @throws {@link Refusal} where they do not want it, or there is nobody to ask
 */
export async function confirmVerified(
  { clientId, metadata, isSelfRegistered }: RegisteredClient,
  changes: ClientChanges,
  isMeant: boolean,
): Promise<UpdateOptions> {
  if (!isSelfRegistered || changes.verified !== true || metadata.verified === true) return {}
  const members = trustedMembersOf(withoutEmpty({ ...metadata, ...changes }))
  const rows = members.map(([name, value]) => [name, [value].flat().join(' ')] as const)
  const name = clean(metadata.client_name ?? clientId)
  const question = `The partner registered ${name} (${clientId}) with\n${toList(rows)}\nHave you checked who provides it, and all of this?`
  await confirm(question, isMeant)
  return { seen: metadata }
}
