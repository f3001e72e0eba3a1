import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

const host = '127.0.0.1'

/**
 * Below what the system gives to connections, and to those who listen on any port: whoever stops and starts again finds its
 * port free.
 */
const [lowest, highest] = [20_000, 32_000]

/** Three ports that are free now. */
export async function freePorts(): Promise<readonly [number, number, number]> {
  const all = await Promise.all([listenSomewhere(), listenSomewhere(), listenSomewhere()])
  await Promise.all(all.map(({ server }) => new Promise((done) => server.close(done))))
  const [one, two, three] = all
  return [one.port, two.port, three.port]
}

async function listenSomewhere(): Promise<{ readonly server: Server; readonly port: number }> {
  const port = randomInt(lowest, highest)
  const server = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, host, () => resolve(true))
  })
  return isFree ? { server, port } : listenSomewhere()
}
