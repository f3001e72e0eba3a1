import { isDeepStrictEqual } from 'node:util'
import type { StoredPayload } from '../storage.ts'
import { routes } from '../paths.ts'

/** The parts that all usual requests share because of the options. */
export interface UsualRequest {
  readonly issuer: string
  readonly audience: string
}

/** The parameters that differ from one usual request to the next. */
const names = ['client_id', 'redirect_uri', 'scope', 'state', 'code_challenge'] as const

/**
 * Leaves out of an interaction what every usual request has alike, so that a request for which nobody signed in takes little
 * room. The answer, and that the person was sent to the host, come later and stay. An interaction that differs in anything else is
 * returned as it is.
 */
export function withoutUsual(
  id: string,
  payload: StoredPayload,
  usual: UsualRequest,
): StoredPayload {
  const { iat, exp, parJti, params, result } = payload
  const values = names.map((name) => (params as StoredPayload | undefined)?.[name])
  const { details = {} } = (payload['prompt'] ?? {}) as { readonly details?: object }
  const noted = Object.keys(details).length > 0 ? details : undefined
  const usualOnly: StoredPayload = { usual: [iat, exp, parJti, ...values, result, noted] }
  const { cid: _cid, ...restored } = withUsual(id, usualOnly, usual)
  const { cid: _same, ...whole } = payload
  return isDeepStrictEqual(restored, whole) ? usualOnly : payload
}

/** The interaction as it was before {@link withoutUsual}, but for its `cid`, which nothing reads. */
export function withUsual(
  id: string,
  payload: StoredPayload,
  { issuer, audience }: UsualRequest,
): StoredPayload {
  const { usual } = payload
  if (!Array.isArray(usual)) return payload
  const [iat, exp, parJti, ...values] = usual as readonly unknown[]
  const [result, details] = values.slice(names.length)
  return {
    iat,
    exp,
    returnTo: `${issuer}${routes.authorization}/${id}`,
    prompt: { name: 'login', reasons: ['no_session'], details: details ?? {} },
    params: withoutMissing({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: audience,
      ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
    }),
    cid: id,
    kind: 'Interaction',
    jti: id,
    ...withoutMissing({ parJti, result }),
  }
}

const withoutMissing = (members: StoredPayload): StoredPayload =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  )
