import type { Clients } from '../clients/clients.ts'
import { checkStaticNames, warnOfClients, warnOfLookAlikes } from '../clients/startup-checks.ts'
import { ConfigurationError } from '../errors.ts'
import type { Logos } from '../pages/logos/logos.ts'
import type { Storage } from '../storage.ts'
import type { Config } from './config.ts'

/**
 * Checks what can be checked only with the storage: its set-up, the names of the clients of the options, and every stored client.
 * This is `check()` of an authorization server.
 *
 * @throws {@link ConfigurationError} with every problem; the error of the storage if it cannot be reached
 */
export async function check(config: Config, registered: Clients, logos: Logos): Promise<void> {
  await checkStorage(config.storage)
  warnOfLimits(config)
  await checkStaticNames(config.storage, config.clients)
  await warnOfLookAlikes(registered, config.clients)
  const all = (await registered.list()).map(({ metadata }) => metadata)
  warnOfClients(all, config.nameSigns)
  logos.checkUris(all)
}

async function checkStorage(storage: Storage): Promise<void> {
  const problems = (await storage.check?.()) ?? []
  if (problems.length === 0) return
  const issues = problems.map((problem) => ({ path: 'storage', ...problem }))
  throw new ConfigurationError(issues, undefined, 'the storage is not set up as it must be')
}

/** Without a counter of the storage, a stranger has as many attempts as there are processes. */
function warnOfLimits({ storage, limits: { limiter, ...limits } }: Config): void {
  if (storage.limiter || limiter || Object.values(limits).every((limit) => limit === false)) return
  process.emitWarning(
    'the storage has no limiter, so each process counts alone for limits: give the adapter one, or set limits.limiter',
    { type: 'LimitsWarning', code: 'limits_not_shared' },
  )
}
