import { ConfigurationError } from '../errors.ts'
import type { Storage } from '../storage.ts'

/**
 * Asks the storage what is wrong with how it is set up.
 *
 * @throws {@link ConfigurationError} with every problem; whatever the storage throws where it cannot be reached
 */
export async function checkStorage(storage: Storage): Promise<void> {
  const problems = (await storage.check?.()) ?? []
  if (problems.length === 0) return
  throw new ConfigurationError(problems.map((problem) => ({ path: 'storage', ...problem })))
}
