import { AsyncLocalStorage } from 'node:async_hooks'
import type { Middleware } from 'koa'
import type { CustomFetchOptions } from 'openid-client'

/** A request of a connection, as the page shows it: nothing in it is of use to a thief. */
export interface Step {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** The status of its answer; 0 if none came. */
  readonly status: number
  readonly milliseconds: number
  /** The error code in its answer. */
  readonly error?: string | undefined
}

/** What is known when a request is sent. */
type Sent = Pick<Step, 'name' | 'method' | 'path' | 'parameters'>

const harmless = new Set(
  'client_id code_challenge_method company_id error grant_type iss redirect_uri response_type scope token_type_hint'.split(
    ' ',
  ),
)

/** Tells one token from another: all tokens of a connection begin alike, so this is the end. */
export const masked = (secret: string): string => `•••${secret.length < 24 ? '' : secret.slice(-6)}`

/** Masks all parameters that are not known to be harmless. */
export const toParameters = (given: URLSearchParams): Step['parameters'] =>
  [...given].map(([name, value]) => [name, harmless.has(name) ? value : masked(value)])

const current = new AsyncLocalStorage<Step[]>()

/** Keeps the steps of each request to this application apart. */
export const separateSteps: Middleware = (_ctx, next) => current.run([], next)

/** The steps since the last call. */
export const takeSteps = (): readonly Step[] => current.getStore()?.splice(0) ?? []

/** Notes a request that begins; the result notes its answer. */
export function beginStep(
  sent: Sent,
  startedAt: number = Date.now(),
): (status: number, error?: string) => void {
  const step = { ...sent, status: 0, milliseconds: 0 }
  current.getStore()?.push(step)
  return (status, error) => {
    Object.assign(step, { status, milliseconds: Date.now() - startedAt, error })
  }
}

/** A `fetch` that notes its requests. */
export async function notedFetch(
  url: string,
  init: Pick<CustomFetchOptions, 'headers'> & Partial<CustomFetchOptions>,
): Promise<Response> {
  const { pathname, searchParams } = new URL(url)
  const body = init.body instanceof URLSearchParams ? init.body : undefined
  const [scheme, credentials = ''] = (init.headers['authorization'] ?? '').split(' ')
  const parameters = [...toParameters(searchParams), ...toParameters(body ?? new URLSearchParams())]
  // The end of Basic credentials is the end of a secret that lives for long.
  if (scheme)
    parameters.push([
      'Authorization',
      `${scheme} ${scheme === 'Bearer' ? masked(credentials) : '•••'}`,
    ])
  const end = beginStep({
    name: nameOf(pathname, body),
    method: init.method ?? 'GET',
    path: pathname,
    parameters,
  })
  try {
    const response = await fetch(url, init as RequestInit)
    end(response.status, response.ok ? undefined : await errorOf(response.clone()))
    return response
  } catch (error) {
    end(0)
    throw error
  }
}

function nameOf(path: string, body: URLSearchParams | undefined): string {
  if (!body) return 'API'
  if (body.get('grant_type') === 'refresh_token') return 'Refresh'
  return { token: 'Token', revoke: 'Revoke' }[path.split('/').at(-1) ?? ''] ?? 'Introspect'
}

async function errorOf(response: Response): Promise<string | undefined> {
  const body: unknown = await response.json().catch(() => undefined)
  const { error } = Object(body) as { readonly error?: unknown }
  return typeof error === 'string' ? error : undefined
}
