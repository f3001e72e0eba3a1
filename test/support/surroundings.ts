import { fileURLToPath } from 'node:url'

/**
 * What the processes that the tests start have in their environment, beside what a test gives them: where programs are, and
 * what Node compiled for the process before, as compiling takes most of the time of a command.
 */
export const surroundings: Readonly<Record<string, string | undefined>> = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: fileURLToPath(
    new URL('../../node_modules/.cache/compiled-for-tests', import.meta.url),
  ),
}
