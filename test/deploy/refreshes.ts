import { Agent, request } from 'node:https'
import type { ClientMetadata } from '../../lib/index.ts'
import { connect } from '../support/flow.ts'
import { waitUntil } from '../support/redis-server.ts'
import { basic, pause } from '../support/requests.ts'

/** Clients that refresh one time after the other. */
export interface Refreshes {
  /** How many refreshes were answered until now. */
  readonly count: () => number
  /** Ends them. Returns all that was not a new token, except that Redis took too long. */
  stop(): Promise<readonly string[]>
}

/** Connects that many clients, and has each refresh until `stop`: half of them over a connection that is kept. */
export async function startRefreshes(
  issuer: string,
  client: ClientMetadata,
  clients = 12,
): Promise<Refreshes> {
  const connected = await Promise.all(
    Array.from({ length: clients }, () =>
      waitUntil('somebody connects', () => connect(issuer, { client })),
    ),
  )
  const failures: string[] = []
  let count = 0
  const over = new AbortController()
  const chain = async (first: string, agent: Agent): Promise<void> => {
    for (let token = first; !over.signal.aborted;) {
      const { status, text } = await refresh(issuer, client, { token, agent })
      if (status === 200) {
        token = (JSON.parse(text) as { readonly refresh_token: string }).refresh_token
        count += 1
      } else {
        // Redis took too long: on a busy machine, that is no fault of a deployment.
        if (status !== 503 || !text.includes('temporarily_unavailable'))
          failures.push(`${status} ${text}`)
        await pause(50)
      }
    }
    agent.destroy()
  }
  const chains = connected.map(({ refresh_token: token }, index) =>
    chain(token, new Agent({ keepAlive: index % 2 === 0, maxSockets: 1 })),
  )
  return {
    count: () => count,
    async stop() {
      over.abort()
      await Promise.all(chains)
      return failures
    },
  }
}

/** Status 0 is a connection that ended without an answer. */
function refresh(
  issuer: string,
  client: ClientMetadata,
  { token, agent }: { readonly token: string; readonly agent: Agent },
): Promise<{ readonly status: number; readonly text: string }> {
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }).toString()
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve({ status: 0, text: error.message })
    const message = request(
      `${issuer}/oauth/token`,
      {
        method: 'POST',
        agent,
        headers: {
          ...basic(client),
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(body.length),
        },
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => (text += part))
        answer.on('error', fail)
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      },
    )
    message.on('error', fail)
    message.end(body)
  })
}
