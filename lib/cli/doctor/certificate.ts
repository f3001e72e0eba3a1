import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { toTime } from '../terminal/text.ts'

/** A fault of a certificate. */
export interface CertificateProblem {
  readonly code: 'certificate_invalid' | 'certificate_ends'
  readonly message: string
}

/** How soon the end of a certificate is, in milliseconds. Certificates are mostly renewed 30 days before it. */
const soon = 14 * 86_400_000

/** How long the handshake may take, in milliseconds. */
const patience = 10_000

/** Looks at the certificate of a URL as a client does. Undefined if it is right, there is no TLS, or no server. */
export const findCertificateProblem = (url: URL): Promise<CertificateProblem | undefined> =>
  shakeHands(url, (socket) =>
    judge(socket.authorizationError, Date.parse(socket.getPeerCertificate().valid_to)),
  )

/** Returns whether a server speaks TLS at the host and port of a URL, whatever its scheme is. */
export const speaksTls = async (url: URL): Promise<boolean> =>
  (await shakeHands(url, () => true)) === true

/** Begins TLS with a server, and ends the connection when the result is read. Undefined if there is no TLS, or no server. */
const shakeHands = <T>(url: URL, read: (socket: TLSSocket) => T): Promise<T | undefined> =>
  new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const socket = connect({
      host,
      port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
      // The name is that of a host (RFC 6066, Section 3).
      ...(isIP(host) === 0 && { servername: host }),
      // It is looked at here, and nothing is sent.
      rejectUnauthorized: false,
      timeout: patience,
    })
    const end = (found?: T): void => {
      socket.destroy()
      resolve(found)
    }
    socket.once('secureConnect', () => end(read(socket)))
    socket.once('error', () => end())
    socket.once('timeout', () => end())
  })

function judge(
  error: Error | string | null | undefined,
  endsAt: number,
): CertificateProblem | undefined {
  if (error) {
    const reason = reasonOf(error)
    return {
      code: 'certificate_invalid',
      message: `clients refuse the certificate: ${reasons[reason] ?? reason}`,
    }
  }
  if (!(endsAt - Date.now() < soon)) return undefined
  return { code: 'certificate_ends', message: `the certificate ends at ${toTime(endsAt)}` }
}

/** Node has the code here, though its types say that it is an error. */
const reasonOf = (error: Error | string): string =>
  typeof error === 'string' ? error : 'code' in error ? String(error.code) : error.message

const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host',
  SELF_SIGNED_CERT_IN_CHAIN: 'it is of a CA that nobody knows',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'it is of a CA that nobody knows, or its chain is not complete',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it is of a CA that nobody knows, or its chain is not complete',
}
