import { hash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import type { Context } from 'koa'
import { findProofFault, missingProof, proofWindow, usedProof } from '../validation/dpop-proof.ts'
import { originalUrlOf } from '../validation/url.ts'
import type { UsedProof, UsedProofs } from '../storage.ts'
import { VerificationUnavailableError } from './access-token.ts'
import { type TokenProblem, valuesOf } from './challenges.ts'
import { checkNumber, checkOptions } from './checked-options.ts'

/** Finds what is wrong with the proof of a request whose token is bound to a key. */
export type ProofCheck = (
  ctx: Context,
  bound: { readonly token: string; readonly keyThumbprint: string; readonly clientId: string },
) => Promise<TokenProblem | undefined>

/** How long a used proof is remembered, in seconds: the longest time that one can be good, and a minute if clocks differ. */
const rememberedFor = 2 * proofWindow + 60

/**
 * Creates the check of proofs.
 *
 * @param origin - of the URL at which clients reach this API
 * @param usedProofs - asked last: without a good token and its key, nobody can fill it
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3 RFC 9449, Section 4.3}
 */
export function createProofCheck(
  origin: string,
  algorithms: readonly string[],
  usedProofs: UsedProofs,
): ProofCheck {
  return async (ctx, { token, keyThumbprint, clientId }) => {
    const [proof, ...more] = valuesOf(ctx, 'dpop')
    if (proof === undefined) return wrong(missingProof)
    if (more.length > 0) return wrong('DPoP was sent more than once')
    const verified = await verify(proof, algorithms)
    const fault = findProofFault(
      proof,
      {
        method: ctx.method,
        url: origin + pathOf(originalUrlOf(ctx)),
        algorithms,
        accessToken: token,
      },
      verified.cause,
    )
    if (fault !== undefined) return wrong(fault)
    if (verified.thumbprint !== keyThumbprint) {
      const description = 'the access token is bound to another key than that of the DPoP proof'
      return { error: 'invalid_token', description }
    }
    const id = hash('sha256', `${verified.thumbprint} ${verified.jti}`, 'base64url')
    return (await isFirst(usedProofs, { clientId, id, lifetime: rememberedFor }))
      ? undefined
      : wrong(usedProof)
  }
}

const wrong = (description: string): TokenProblem => ({
  error: 'invalid_dpop_proof',
  description,
})

async function verify(
  proof: string,
  algorithms: readonly string[],
): Promise<{
  readonly thumbprint?: string
  readonly jti?: string | undefined
  readonly cause?: unknown
}> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...algorithms],
    })
    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? {})
    return { thumbprint, jti: payload.jti }
  } catch (cause) {
    // Any error is the fault of the proof.
    return { cause }
  }
}

/** Any other text would become a part of the host. */
const pathOf = (target: string): string => (target.startsWith('/') ? target : '/')

/** @throws {@link VerificationUnavailableError} if it cannot be known: then the proof may have been used */
async function isFirst(usedProofs: UsedProofs, proof: UsedProof): Promise<boolean> {
  let answer: unknown
  try {
    answer = await usedProofs.use(proof)
  } catch (cause) {
    const message = 'the memory of used DPoP proofs cannot be reached'
    throw new VerificationUnavailableError(message, { cause })
  }
  if (typeof answer === 'boolean') return answer
  throw new VerificationUnavailableError('use of usedProofs must resolve to true or false')
}

/** The options of {@link inProcess}. */
export interface InProcessOptions {
  /**
   * How many proofs of one client are remembered. A new one pushes out the oldest of the same client.
   *
   * @defaultValue 100000
   */
  readonly maxProofsPerClient?: number
  /**
   * How many proofs of all clients are remembered. A new one pushes out the oldest of the client with the most.
   *
   * @defaultValue 500000
   */
  readonly maxProofs?: number
}

/** The proofs of one client by their ids, oldest first, with their ends as `performance.now()` has them. */
type Proofs = Map<string, number>

/**
 * Remembers in the memory of this process which DPoP proofs were used. Another process of the API would accept them again.
 *
 * @throws TypeError if an option is wrong
 */
export function inProcess(options: InProcessOptions = {}): UsedProofs {
  checkOptions('inProcess', options, {
    maxProofsPerClient: checkNumber(1, 10_000_000),
    maxProofs: checkNumber(1, 100_000_000),
  })
  const { maxProofs: most = 500_000, maxProofsPerClient: mostOfOne = 100_000 } = options
  // The client that came last is last.
  const clients = new Map<string, Proofs>()
  let size = 0
  const forget = (proofs: Proofs, isOver: (until: number) => boolean): void => {
    for (const [id, until] of proofs) {
      if (!isOver(until)) return
      size -= Number(proofs.delete(id))
    }
  }
  const forgetEnded = (now: number): void => {
    for (const [clientId, proofs] of clients) {
      forget(proofs, (until) => until <= now)
      if (proofs.size > 0) return
      clients.delete(clientId)
    }
  }
  return {
    // Without `await`, so that only one of several requests at once is the first.
    async use({ clientId, id, lifetime }) {
      const now = performance.now()
      forgetEnded(now)
      const proofs: Proofs = clients.get(clientId) ?? new Map()
      clients.delete(clientId)
      clients.set(clientId, proofs)
      forget(proofs, (until) => until <= now)
      if (proofs.has(id)) return false
      forget(proofs, () => proofs.size >= mostOfOne)
      if (size >= most) forget(largestOf(clients), () => size >= most)
      proofs.set(id, now + lifetime * 1000)
      size += 1
      return true
    },
  }
}

const largestOf = (clients: ReadonlyMap<string, Proofs>): Proofs =>
  [...clients.values()].reduce((one, other) => (other.size > one.size ? other : one))

let isTold = false

/** Warns once in this process that `usedProofs` is not set. */
export function warnOfOneProcess(): void {
  if (isTold) return
  isTold = true
  process.emitWarning(
    'bearer() remembers used DPoP proofs in this process only: another process of the API would accept them again. ' +
      'Set usedProofs to a memory that all processes share, as usedProofs of createRedisAdapter(), or to inProcess() if there is one process',
    { type: 'ResourceServerWarning', code: 'proofs_in_one_process' },
  )
}
