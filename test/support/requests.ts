import { Agent, request, type IncomingHttpHeaders } from 'node:http'
import type { ClientMetadata } from '../../lib/index.ts'
import { authorizationUrl, createPkce, introspect, type Consented } from './flow.ts'
import { checkJson } from './json-answers.ts'
import { noteAnswer } from './searched-logs.ts'
import { confidential } from './server.ts'

/** An answer as it came, with nothing followed and nothing interpreted. */
export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface RawInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams
  readonly agent?: Agent
}

/** One connection that all requests go over, one after the other, like a partner's backend has it. */
export const oneConnection = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 })

const formType = 'application/x-www-form-urlencoded'

/**
 * Sends what `fetch` would not: any method, any Host, a path that is no URL. Without an agent every
 * request has a connection of its own.
 */
export function send(url: string, init: RawInit = {}): Promise<RawAnswer> {
  const [, origin = '', path = ''] = /^(https?:\/\/[^/?]+)(.*)$/s.exec(url) ?? []
  const isForm = init.body instanceof URLSearchParams
  const body = init.body?.toString() ?? ''
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const { hostname, port } = new URL(origin)
  const method = init.method ?? (init.body === undefined ? 'GET' : 'POST')
  const message = request(
    {
      hostname,
      port,
      path: path || '/',
      method,
      agent: init.agent ?? false,
      headers: {
        ...(isForm && { 'content-type': formType }),
        ...(body !== '' && { 'content-length': String(Buffer.byteLength(body)) }),
        ...init.headers,
      },
    },
    (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        noteAnswer((name) => [headers[name] ?? []].flat(), text)
        try {
          const header = (name: string) => headers[name]?.toString()
          checkJson({ status, method, url, header }, text)
          resolve({ status, headers, text })
        } catch (error) {
          reject(error)
        }
      })
    },
  )
  message.on('error', reject)
  message.end(body)
  return promise
}

/** A form as text, for bodies with duplicate or odd fields. */
export const sendForm = (url: string, body: string, init: RawInit = {}): Promise<RawAnswer> =>
  send(url, { ...init, body, headers: { 'content-type': formType, ...init.headers } })

export const toJson = ({ text }: RawAnswer): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>

/** Client authentication as documented (RFC 6749, Section 2.3.1). */
export function basic(
  { client_id: id, client_secret: secret = '' }: ClientMetadata,
  typed: string = secret,
): Record<string, string> {
  const pair = [id, typed].map((part) => encodeURIComponent(part)).join(':')
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** The answer of the authorization endpoint to a request, without a browser behind it. */
export async function ask(
  issuer: string,
  params: Record<string, string | undefined> = {},
  client: ClientMetadata = confidential,
): Promise<RawAnswer> {
  return send(requestUrl(issuer, params, client), { headers: { accept: 'text/html' } })
}

export function requestUrl(
  issuer: string,
  params: Record<string, string | undefined> = {},
  client: ClientMetadata = confidential,
): string {
  return authorizationUrl(issuer, client, { code_challenge: createPkce().challenge, ...params })
}

/** Where a redirect leads, taken apart; the fragment is part of `target`, so that one shows. */
export function toRedirect({ status, headers }: RawAnswer): {
  readonly status: number
  readonly target: string
  readonly params: Record<string, string>
} {
  const url = new URL(headers.location ?? 'no-location:')
  return {
    status,
    target: `${url.origin}${url.pathname}${url.hash}`,
    params: Object.fromEntries(url.searchParams),
  }
}

/** What a person reads on the error page, and the code below it. */
export function toErrorPage({ status, headers, text }: RawAnswer): {
  readonly status: number
  readonly message: string | undefined
  readonly code: string | undefined
  readonly location: string | undefined
} {
  return {
    status,
    message: /^Description: (.*)$/m.exec(text)?.[1]?.replaceAll('&#39;', "'"),
    code: /Code: (\w+)$/m.exec(text)?.[1],
    location: headers.location,
  }
}

/** Redeems a code like any partner does; `init` says over which connection. */
export const sendCode = (
  issuer: string,
  { code, verifier }: Consented,
  init: RawInit = {},
): Promise<RawAnswer> => {
  const { redirect_uris: [redirect_uri = ''] = [] } = confidential
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri }
  return sendGrant(issuer, grant, init)
}

/** Sends a refresh token like any partner does. */
export const sendRefresh = (
  issuer: string,
  refresh_token: string,
  init: RawInit = {},
): Promise<RawAnswer> => sendGrant(issuer, { grant_type: 'refresh_token', refresh_token }, init)

const sendGrant = (
  issuer: string,
  fields: Record<string, string>,
  init: RawInit,
): Promise<RawAnswer> =>
  send(`${issuer}/oauth/token`, {
    ...init,
    body: new URLSearchParams(fields),
    headers: { ...basic(confidential), ...init.headers },
  })

/** Whether the tokens are good, as their client sees it. */
export async function areActive(
  issuer: string,
  tokens: readonly string[],
  client: ClientMetadata = confidential,
): Promise<readonly unknown[]> {
  const answers = await Promise.all(tokens.map((token) => introspect(issuer, token, client)))
  return answers.map(({ active }) => active)
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
