import { paths } from './fixture.ts'
import { createAuthorizationRequest, runFlow, toTokens } from './flow.ts'
import { send, sendAsClient, unexpected } from './http-client.ts'
import type { ServerProcess } from './server-process.ts'

/** One thing to do again and again, by one of several users at once. */
export interface Scenario {
  readonly name: string
  /** Makes what one user does again and again; what it needs before that is not measured. */
  prepare(server: ServerProcess): Promise<() => Promise<void>>
}

const refresh: Scenario = {
  name: 'refresh',
  async prepare(server) {
    let { accessToken, refreshToken } = await runFlow(server)
    return async () => {
      const next = toTokens(
        await sendAsClient(`${server.origin}${paths.token}`, {
          grant_type: 'refresh_token',
          refresh_token: refreshToken,
        }),
      )
      if (next.refreshToken === refreshToken || next.accessToken === accessToken) {
        throw new Error('the refresh gave the old tokens again')
      }
      ;({ accessToken, refreshToken } = next)
    }
  },
}

const introspection: Scenario = {
  name: 'introspection',
  async prepare(server) {
    const { accessToken } = await runFlow(server)
    return async () => {
      const body = await sendAsClient(`${server.origin}${paths.introspection}`, {
        token: accessToken,
      })
      if (body['active'] !== true) throw new Error('the access token is not active')
    }
  },
}

const authorization: Scenario = {
  name: 'authorization',
  async prepare({ origin }) {
    const { url } = createAuthorizationRequest(origin)
    return async () => {
      const answer = await send(url, { accept: 'text/html' })
      if (answer.status !== 303 || !answer.location?.includes('/interaction/')) {
        throw unexpected(url, answer)
      }
    }
  },
}

const flow: Scenario = {
  name: 'flow',
  async prepare(server) {
    return async () => {
      await runFlow(server)
    }
  },
}

export const scenarios: readonly Scenario[] = [refresh, introspection, authorization, flow]
