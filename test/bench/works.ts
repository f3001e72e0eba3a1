import { createBrowser } from './browser.ts'
import { client, paths } from './fixture.ts'
import { createAuthorizationRequest, requestTokens, runFlow, sendAsClient } from './flow.ts'
import { unexpected, type Connection } from './http-client.ts'

/** Something that each user of a server does again and again. */
export interface Work {
  readonly name: string
  /** The rate that this server has to reach, as a multiple of the rate of the bare framework. */
  readonly reach: number
  /** A multiple to hope for. */
  readonly stretch?: number
  /**
   * How many rounds come before those that are measured; 1 by default. Until its code has run some thousand times, V8 has not compiled
   * it.
   */
  readonly warmUps?: number
  /** Prepares one user for a round of so many seconds, which is not measured. Returns the steps to measure. */
  prepare(connection: Connection, seconds: number): Promise<Iterable<Step>>
}

/** Does the work once. Throws if the answer is not the right one. */
type Step = () => Promise<void>

const introspection: Work = {
  name: 'introspection',
  reach: 2,
  stretch: 3.4,
  async prepare(connection) {
    const { accessToken } = await runFlow(connection)
    const introspect = async (): Promise<void> => {
      const answer = await sendAsClient(connection, paths.introspection, { token: accessToken })
      if (answer.status !== 200) throw unexpected(paths.introspection, answer)
      const { active, client_id } = JSON.parse(answer.text) as Record<string, unknown>
      if (active === true && client_id === client.client_id) return
      throw unexpected(paths.introspection, answer)
    }
    // The first one notes that the token was used, and an API asks many times.
    await introspect()
    return repeat(introspect)
  },
}

const refresh: Work = {
  name: 'refresh',
  reach: 1.6,
  async prepare(connection) {
    let last = await runFlow(connection)
    return repeat(async () => {
      const next = await redeem(connection, last.refreshToken)
      if (next.refreshToken === last.refreshToken || next.accessToken === last.accessToken) {
        throw new Error('the refresh returned a token that was used before')
      }
      last = next
    })
  },
}

/** A revocation uses up a connection, and each takes a whole flow to make. There are enough for a small part of the round. */
const revocationsPerSecond = 16

const revocation: Work = {
  name: 'revocation',
  reach: 2,
  warmUps: 5,
  async prepare(connection, seconds) {
    const revoke = async (token: string): Promise<void> => {
      const answer = await sendAsClient(connection, paths.revocation, { token })
      if (answer.status !== 200) throw unexpected(paths.revocation, answer)
    }
    const { refreshToken } = await runFlow(connection)
    await revoke(refreshToken)
    await expectRevoked(connection, refreshToken)
    const steps: Step[] = []
    while (steps.length < seconds * revocationsPerSecond) {
      const tokens = await runFlow(connection)
      steps.push(() => revoke(tokens.refreshToken))
    }
    return steps
  },
}

const authorization: Work = {
  name: 'authorization',
  reach: 1.1,
  async prepare(connection) {
    const { path } = createAuthorizationRequest()
    return repeat(async () => {
      const page = await createBrowser(connection).go(path)
      if (page.status !== 200 || !page.text.includes('name="password"'))
        throw unexpected(path, page)
    })
  },
}

const flow: Work = {
  name: 'flow',
  reach: 1.3,
  async prepare(connection) {
    return repeat(async () => {
      await runFlow(connection)
    })
  },
}

export const works: readonly Work[] = [introspection, refresh, revocation, authorization, flow]

const redeem = (connection: Connection, refreshToken: string) =>
  requestTokens(connection, { grant_type: 'refresh_token', refresh_token: refreshToken })

async function expectRevoked(connection: Connection, refreshToken: string): Promise<void> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
  const answer = await sendAsClient(connection, paths.token, form)
  if (answer.status !== 400 || !answer.text.includes('invalid_grant')) {
    throw unexpected(`${paths.token} after the revocation`, answer)
  }
}

export function* repeat(step: Step): Iterable<Step> {
  for (;;) yield step
}
