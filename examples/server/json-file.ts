import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { decode } from './decode.ts'
import { toPlace } from './json-place.ts'
import { StartError } from './start-error.ts'

/** Reads the JSON file that a variable names. */
export async function readJsonFile(variable: string, path: string): Promise<unknown> {
  const text = await readText(variable, path)
  if (text === undefined) {
    throw new StartError(`${variable} ${path}: is not text in UTF-8: save it as UTF-8`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    // The parser's own message quotes the file, which may hold secrets and line breaks, and names no line for most mistakes.
    throw new StartError(`${variable} ${path}: is not JSON (${toPlace(text)})`, { cause: error })
  }
}

async function readText(variable: string, path: string): Promise<string | undefined> {
  try {
    return decode(await readFile(path))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    const reason = reasons[code] ?? code
    throw new StartError(`${variable} ${resolve(path)}: cannot be read (${reason})`, {
      cause: error,
    })
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}
