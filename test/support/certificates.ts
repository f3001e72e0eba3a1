import { join } from 'node:path'
import { generate } from 'selfsigned'
import { createFolder } from './folder.ts'

/** A certificate for `localhost`, with its key, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A CA, and a file of its certificate for `NODE_EXTRA_CA_CERTS`. */
export interface Authority {
  readonly file: string
  /** Makes a certificate. The end is in milliseconds since the epoch. */
  issue(certificate?: { readonly host?: string; readonly endsAt?: number }): Promise<Certificate>
}

const day = 86_400_000
const common = { keyType: 'ec', algorithm: 'sha256' } as const

/** Makes a CA that nobody knows but those who are given its file. */
export async function createAuthority(): Promise<Authority> {
  const usage = { name: 'keyUsage', keyCertSign: true, critical: true } as const
  const extensions = [{ name: 'basicConstraints', cA: true, critical: true } as const, usage]
  const name = [{ name: 'commonName', value: 'CA of the tests' }]
  const ca = await generate(name, { ...common, extensions })
  const folder = createFolder({ 'ca.pem': ca.cert })
  return {
    file: join(folder, 'ca.pem'),
    async issue({ host = 'localhost', endsAt = Date.now() + 90 * day } = {}) {
      const { cert, private: key } = await generate([{ name: 'commonName', value: host }], {
        ...common,
        ca: { cert: ca.cert, key: ca.private },
        notBeforeDate: new Date(Math.min(Date.now(), endsAt) - day),
        notAfterDate: new Date(endsAt),
        extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
      })
      return { cert, key }
    },
  }
}
