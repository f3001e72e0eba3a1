import { existsSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Programs save in several steps: what comes within this many milliseconds is one change. */
const settling = 40

/**
 * Tells when something changes.
 *
 * @returns ends it
 */
export function watchSources(
  { folders, files }: { readonly folders: readonly string[]; readonly files: readonly string[] },
  onChange: () => void,
): () => void {
  let timer: NodeJS.Timeout | undefined
  const settle = (): void => {
    clearTimeout(timer)
    timer = setTimeout(onChange, settling)
  }
  const watchers: readonly FSWatcher[] = [
    ...folders.filter(existsSync).map((folder) => watch(folder, { recursive: true }, settle)),
    // The folder, not the file: a program that saves may put another file in its place.
    ...files
      .filter((file) => existsSync(dirname(file)))
      .map((file) =>
        watch(dirname(file), (_, name) => {
          if (name === null || name === basename(file)) settle()
        }),
      ),
  ]
  // A folder that goes away meanwhile is nothing to end for.
  for (const watcher of watchers) watcher.on('error', settle)
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
