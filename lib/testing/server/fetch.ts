import type { Listening } from './listening.ts'

/** `fetch`, for whoever gives it what a strict compiler would not let pass as well: published clients do. */
export type TestFetch = (
  input: string | URL | Request,
  init?: {
    readonly [Member in keyof RequestInit]?: Member extends 'body'
      ? unknown
      : RequestInit[Member] | undefined
  },
) => Promise<Response>

// As it was when this was loaded: a test may put something else in its place.
const direct = globalThis.fetch

/**
 * Sends what is meant for the issuer to where the server listens, whatever the issuer is called, and all else where
 * it is meant to go.
 *
 * @throws Error where the server is closed
 */
export function createFetch(issuer: string, { url, isClosed }: Listening): TestFetch {
  const own: readonly string[] = [new URL(issuer).origin, url]
  return async (input, given) => {
    const init = given as RequestInit | undefined
    const target = new URL(input instanceof Request ? input.url : input)
    if (!own.includes(target.origin)) return direct(input, init)
    if (isClosed()) throw toClosed()
    const there = new URL(target.pathname + target.search, url)
    try {
      return await direct(input instanceof Request ? new Request(there, input) : there, init)
    } catch (error) {
      throw isClosed() ? toClosed({ cause: error }) : error
    }
  }
}

const toClosed = (options?: ErrorOptions): Error => new Error('the test server is closed', options)
