import { logoProblems, logoUrisOf, type LogoProblem, fetchLogo } from '../../administration.ts'
import type { RegisteredClient } from '../../index.ts'
import { toList } from '../terminal/text.ts'

/** A logo of a client, and why pages do not show it: by what its host answers now. */
export interface CheckedLogo {
  readonly member: string
  readonly uri: string
  readonly problem: LogoProblem | null
}

/**
 * Fetches the logos of a client, as the server would.
 *
 * @param issuer - of the server. If it is not known, the rules of a server in production count.
 */
export const checkLogos = (
  { metadata }: RegisteredClient,
  issuer = 'https:',
): Promise<readonly CheckedLogo[]> =>
  Promise.all(
    logoUrisOf(metadata).map(async ([member, uri]) => {
      const found = await fetchLogo(uri, issuer.startsWith('http:'))
      return { member, uri, problem: typeof found === 'string' ? found : null }
    }),
  )

/** The logos, below the client. Without logos, the text is empty. */
export function toLogos(logos: readonly CheckedLogo[]): string {
  if (logos.length === 0) return ''
  const list = toList(logos.map(({ member, problem }) => [member, toWords(problem)]))
  return `\n\nLogos, fetched from this machine just now:\n${list}`
}

const toWords = (problem: LogoProblem | null): string =>
  problem === null ? 'shown' : `not shown: ${logoProblems[problem]} (${problem})`

/** The same for scripts. */
export const toPlainLogos = (logos: readonly CheckedLogo[]): object =>
  logos.length === 0 ? {} : { logos }
