import type { ClientMetadata } from '../../lib/index.ts'
import { createRandom } from './fuzzing.ts'
import { basic, type RawInit } from './requests.ts'
import { resourceServer } from './server.ts'

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

/** Draws requests: most are ordinary in all but one respect, some are odd in several. */
export function createRequests(
  callers: readonly ClientMetadata[],
  tokens: readonly string[],
): () => { readonly path: string; readonly init: RawInit } {
  const random = createRandom()
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const raw = ({ client_id, client_secret }: ClientMetadata) => ({
    authorization: `Basic ${Buffer.from(`${client_id}:${client_secret ?? ''}`).toString('base64')}`,
  })
  return () => {
    const caller = random() < 0.4 ? resourceServer : pick(callers)
    const { client_id, client_secret = '' } = caller
    const typed = random() < 0.1 ? 'wrong' : client_secret
    const fields = new URLSearchParams(random() < 0.95 ? { token: pick(tokens) } : {})
    const inBody = random() < 0.35
    if (inBody) fields.set('client_id', client_id)
    if (inBody && random() < 0.95) fields.set('client_secret', typed)
    const body = [String(fields), ...(random() < 0.2 ? [pick(oddFields)] : [])].join('&')
    const headers = {
      ...(random() < 0.97 && { 'content-type': random() < 0.9 ? formType : pick(contentTypes) }),
      ...(!inBody &&
        (random() < 0.9 ? basic(caller, typed) : raw({ client_id, client_secret: typed }))),
      ...(random() < 0.2 && pick(oddHeaders)),
    }
    const method = random() < 0.98 ? 'POST' : pick(['GET', 'OPTIONS', 'PUT'])
    const path = `/oauth/token/introspect${random() < 0.9 ? '' : pick(paths)}`
    return { path, init: { method, headers, ...(method !== 'GET' && { body }) } }
  }
}
