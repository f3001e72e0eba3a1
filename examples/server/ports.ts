import Koa from 'koa'
import type { AuthorizationServer } from 'pleo-oauth-server'
import { takePort, type Listener } from './listeners.ts'
import type { Settings } from './settings.ts'

/** The ports of the example. */
export interface Ports {
  readonly server: Listener
  readonly api: Listener
  readonly app: Listener
  /** If `METRICS_PORT` is set. */
  readonly metrics: Listener | undefined
}

/**
 * Takes all ports.
 *
 * @param taken - gets each one as soon as it is taken
 */
export async function takePorts(settings: Settings, taken: Listener[]): Promise<Ports> {
  const { ports, metricsPort, host, keepAlive } = settings
  const take = async (variable: string, port: number): Promise<Listener> => {
    const listener = await takePort(variable, { port, host, keepAlive })
    taken.push(listener)
    return listener
  }
  return {
    server: await take('PORT', ports.PORT),
    api: await take('API_PORT', ports.API_PORT),
    app: await take('APP_PORT', ports.APP_PORT),
    metrics: metricsPort === undefined ? undefined : await take('METRICS_PORT', metricsPort),
  }
}

/** Serves the metrics on a port of their own: everybody reaches that of the issuer. Returns their URL. */
export function serveMetrics(
  { metrics }: Pick<AuthorizationServer, 'metrics'>,
  port: Listener,
): string {
  port.serve(new Koa().use(metrics.middleware()).callback())
  return `${port.origin}/metrics`
}
