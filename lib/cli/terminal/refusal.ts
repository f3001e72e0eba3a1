import { TextEncodingError } from '../../text-file.ts'

/** Why a command cannot do what it was told to, in words for whoever runs it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** Says why a file that was named cannot be read. */
export function toUnreadable(file: string, error: unknown): Refusal {
  if (error instanceof TextEncodingError) return new Refusal(error.message)
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  return new Refusal(`${file} cannot be read: ${fileProblems[code] ?? code}`)
}

const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}
