/** A process that uses a test server and has nothing else to do. `closing.test.ts` sees whether it ends by itself. */
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { createTestServer } from '../../lib/testing/index.ts'

const server = await createTestServer()
const connection = await server.connect()
await connection.refresh()
server.clock.advance(900)
// A connection that a client keeps, and one with half a request.
const agent = new Agent({ keepAlive: true })
const jwks = `${server.issuer}/oauth/jwks`
await new Promise((resolve) =>
  get(jwks, { agent }, (response) => response.resume().on('end', resolve)),
)
if (process.argv[2] !== undefined) {
  const half = connect(Number(new URL(server.url).port), '127.0.0.1')
  half.on('error', () => undefined).write('GET /oauth/jwks HTTP/1.1\r\nHost: ')
}
await new Promise((resolve) => setTimeout(resolve, 50))
if (process.argv[2] === 'close') await server.close()
process.stdout.write('done\n')
