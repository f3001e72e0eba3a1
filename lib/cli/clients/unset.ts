import type { RegisteredClient } from '../../index.ts'
import { nearestName } from '../../validation/did-you-mean.ts'
import { Refusal } from '../terminal/refusal.ts'
import { clean } from '../terminal/text.ts'

/**
 * Makes sure that the client has what is to be taken away.
 *
 * @throws {@link Refusal} with what may have been meant
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
