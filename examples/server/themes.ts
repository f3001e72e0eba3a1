import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Theme, ViewsOptions } from 'pleo-oauth-server'
import { readJsonFile } from './json-file.ts'

const themes = new URL('./themes/', import.meta.url)

/** The names that `THEME` can have: those of the folders in `themes`. */
export const themeNames: readonly string[] = readdirSync(themes, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted()

/** The people of the example are in Denmark. Without a zone, each date would be a moment in UTC. */
const timeZone = 'Europe/Copenhagen'

/** Reads how pages look. The folder of a theme has what it needs of `theme.json`, `locals.json`, `views` and `locales`. */
export async function readViews(name: string | undefined): Promise<ViewsOptions> {
  if (name === undefined) return { timeZone }
  const folder = new URL(`${name}/`, themes)
  const find = (entry: string): string | undefined => {
    const path = fileURLToPath(new URL(entry, folder))
    return existsSync(path) ? path : undefined
  }
  const read = async <T>(entry: string): Promise<T | undefined> => {
    const path = find(entry)
    // What it says is checked by the authorization server.
    return path === undefined ? undefined : ((await readJsonFile('THEME', path)) as T)
  }
  const [theme, locals] = [await read<Theme>('theme.json'), await read<object>('locals.json')]
  const [views, locales] = [find('views'), find('locales')]
  return {
    timeZone,
    ...(theme && { theme: withPicturesFrom(folder, theme) }),
    ...(locals && { locals: { ...locals } }),
    ...(views && { directories: [views] }),
    ...(locales && { locales: [locales] }),
  }
}

/** A path in a file is one from where the file is. */
const withPicturesFrom = (folder: URL, { logo, icon, ...others }: Theme): Theme => ({
  ...others,
  ...(logo !== undefined && { logo: fileURLToPath(new URL(logo, folder)) }),
  ...(icon !== undefined && { icon: fileURLToPath(new URL(icon, folder)) }),
})
