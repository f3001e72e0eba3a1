import type { AuthorizationServer, RefusedRequest } from '../../lib/index.ts'
import { waitUntil } from './redis-server.ts'
import { basic, send, toJson, type RawAnswer, type RawInit } from './requests.ts'
import { confidential } from './server.ts'

type Explaining = Pick<AuthorizationServer, 'explain'>

/** The record of a request that has this id. It is written after the answer. */
export async function recordOf(server: Explaining, requestId: string): Promise<RefusedRequest> {
  const find = (): Promise<readonly RefusedRequest[]> => server.explain(requestId)
  const isThere = async (): Promise<boolean> => (await find()).length > 0
  await waitUntil(`a record of ${requestId}`, isThere, 20_000)
  const [first] = await find()
  if (!first) throw new Error('the record is gone')
  return first
}

/** The answer to a request that is refused, with the sentence that explains it. */
export interface Explained {
  readonly answer: RawAnswer
  readonly record: RefusedRequest
  readonly reason: string
  /** The public text of an answer to a program. */
  readonly told: unknown
}

/** Sends a request that is refused, and finds why by the id in its answer. */
export async function sendRefused(
  server: Explaining,
  url: string,
  init: RawInit = {},
): Promise<Explained> {
  const answer = await send(url, init)
  const record = await recordOf(server, String(answer.headers['x-request-id']))
  const isJson = String(answer.headers['content-type']).includes('json')
  const told = isJson ? toJson(answer)['error_description'] : undefined
  return { answer, record, reason: record.reason, told }
}

export type Fields = Readonly<Record<string, string | undefined>>

/** Sends a form to the token endpoint, which refuses it. */
export function sendRefusedForm(
  server: Explaining & { readonly issuer: string },
  fields: Fields,
  headers: Readonly<Record<string, string>> = basic(confidential),
): Promise<Explained> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const body = new URLSearchParams(given as [string, string][])
  return sendRefused(server, `${server.issuer}/oauth/token`, { body, headers })
}

/** A time of today in a sentence. */
export const clock: string = String.raw`\d\d:\d\d:\d\d UTC`
