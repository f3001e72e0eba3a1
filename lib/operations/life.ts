import type { EventEmitter } from 'node:events'
import compose from 'koa-compose'
import type { Clients } from '../clients/clients.ts'
import { check } from '../config/check.ts'
import type { Config } from '../config/config.ts'
import type { AuthorizationServerOptions } from '../config/options.ts'
import type { Connections } from '../grants/connections.ts'
import { checkMounting, type MountingCheckOptions } from '../http/check-mounting.ts'
import type { Logos } from '../pages/logos/logos.ts'
import type { AuditRecorder } from './audit.ts'
import { createClosing, type Closing } from './close.ts'
import { auditConfiguration } from './configuration-change.ts'
import { createHealth, type Health } from './health.ts'
import type { Measuring, Metrics } from './metrics.ts'

/** The options, and what they became, as the life of a server needs them. */
interface LifeParts {
  readonly options: AuthorizationServerOptions
  /** With the storage of the host. */
  readonly config: Config
  readonly clients: Clients
  readonly logos: Logos
  readonly audit: AuditRecorder
  readonly provider: EventEmitter
  readonly connections: Connections
  readonly measuring: Measuring
}

/** The methods of a server for its start, its operation and its end. */
interface Life extends Pick<Closing, 'middleware' | 'trail' | 'close'> {
  readonly check: () => Promise<void>
  readonly checkMounting: (options?: MountingCheckOptions) => Promise<void>
  readonly health: Health
  readonly metrics: Metrics
}

/** The checks, the health and the end of the server, and the middleware that counts requests. */
export function createLife({
  options,
  config,
  clients,
  logos,
  audit,
  provider,
  connections,
  measuring,
}: LifeParts): Life {
  const { middleware, trail, ...closing } = createClosing(measuring.stop)
  return {
    middleware: compose([middleware, measuring.watchServer(provider, connections.events)]),
    trail,
    metrics: measuring.metrics,
    async check() {
      const checks = [
        check(config, clients, logos),
        auditConfiguration(options, config.storage, audit),
      ]
      const failed = (await Promise.allSettled(checks)).find(({ status }) => status === 'rejected')
      if (failed?.status === 'rejected') throw failed.reason
    },
    checkMounting: (how = {}) => checkMounting(config.issuer, how),
    health: createHealth(config.storage, closing),
    close: closing.close,
  }
}
