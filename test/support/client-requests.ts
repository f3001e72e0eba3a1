import type { ClientMetadata } from '../../lib/index.ts'
import { basic, type RawInit } from './requests.ts'

const formType = 'application/x-www-form-urlencoded'
const contentTypes = [
  `${formType}; charset=utf-8`,
  `${formType};charset=UTF-8`,
  formType.toUpperCase(),
  `${formType}; charset=iso-8859-1`,
  `${formType}; charset=utf-16`,
  'application/json',
  'text/plain',
  '',
]
const oddHeaders: readonly Readonly<Record<string, string>>[] = [
  { accept: 'text/html' },
  { accept: 'application/token-introspection+jwt' },
  { origin: 'https://mobile.example.test' },
  { origin: 'null' },
  { dpop: 'x.y.z' },
  { 'content-encoding': 'identity' },
  { 'content-encoding': 'gzip' },
  { 'oauth-client-attestation': 'x' },
  { cookie: 'pleo_session=x' },
  { 'x-request-id': 'known' },
  { authorization: 'Bearer x' },
  { authorization: 'Basic !' },
  { authorization: 'Basic eA' },
  { authorization: '' },
]
const oddFields = [
  'client_id=ledger',
  'client_id=api',
  'client_id=',
  'client_secret=',
  'client_secret=x',
  'token=unknown',
  'token_type_hint=refresh_token',
  'token_type_hint=',
  'token_type_hint=%zz',
  'client_assertion=x.y.z',
  'scope=x&scope=y',
  '__proto__=x',
  'x',
  '&&',
  '%',
  `pad=${'x'.repeat(5000)}`,
  `pad=${'x'.repeat(60_000)}`,
]
const paths = ['', '?a=b', '/', '?token=unknown&client_id=x']

/** A request to one of the endpoints at which clients authenticate. */
export interface ClientRequest {
  readonly path: string
  readonly init: RawInit
}

/** Draws one of the items. */
export const pickFrom = <T>(random: () => number, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)] as T

/** Makes a request of these fields. Most requests are ordinary in all but one respect, some are odd in several. */
export function drawRequest(
  random: () => number,
  { client_id, client_secret = '' }: ClientMetadata,
  { path, fields }: { readonly path: string; readonly fields: URLSearchParams },
): ClientRequest {
  const pick = <T>(items: readonly T[]): T => pickFrom(random, items)
  const raw = (secret: string) => ({
    authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`,
  })
  const typed = random() < 0.1 ? 'wrong' : client_secret
  const inBody = random() < 0.35
  if (inBody) fields.set('client_id', client_id)
  if (inBody && random() < 0.95) fields.set('client_secret', typed)
  const body = [String(fields), ...(random() < 0.2 ? [pick(oddFields)] : [])].join('&')
  const headers = {
    ...(random() < 0.97 && { 'content-type': random() < 0.9 ? formType : pick(contentTypes) }),
    ...(!inBody && (random() < 0.9 ? basic({ client_id }, typed) : raw(typed))),
    ...(random() < 0.2 && pick(oddHeaders)),
  }
  const method = random() < 0.98 ? 'POST' : pick(['GET', 'OPTIONS', 'PUT'])
  const init = { method, headers, ...(method !== 'GET' && { body }) }
  return { path: path + (random() < 0.9 ? '' : pick(paths)), init }
}
