import { directionOf, type Direction } from '../../workbench/preview.ts'

/** How a page is looked at. */
export interface Look {
  readonly language: string
  /** Other than that of the language, to see the page the other way round. */
  readonly direction: Direction | undefined
  readonly scheme: Scheme
  /** Whether it has the theme of the host. */
  readonly isThemed: boolean
}

/** What the browser is made to believe it is asked for. */
export type Scheme = 'system' | 'light' | 'dark'

/** The schemes there are. */
export const schemes: readonly Scheme[] = ['system', 'light', 'dark']

/** Takes the look from the query of a request: what is none is left out. */
export function toLook(
  query: Readonly<Record<string, string | readonly string[] | undefined>>,
  languages: readonly string[],
): Look {
  const { lang, dir, scheme, theme } = query
  const direction = (['ltr', 'rtl'] as const).find((name) => name === dir)
  const language = languages.find((tag) => tag === lang) ?? languages[0] ?? 'en'
  return {
    language,
    direction: direction === directionOf(language) ? undefined : direction,
    scheme: schemes.find((name) => name === scheme) ?? 'system',
    isThemed: theme !== 'none',
  }
}

/** The same as a query. */
export function toLookQuery({ language, direction, scheme, isThemed }: Look): string {
  return new URLSearchParams({
    lang: language,
    ...(direction && { dir: direction }),
    ...(scheme !== 'system' && { scheme }),
    ...(!isThemed && { theme: 'none' }),
  }).toString()
}

/** What the files that a page loads are below: they differ by scheme and theme. */
export const toLookPath = ({ scheme, isThemed }: Pick<Look, 'scheme' | 'isThemed'>): string =>
  `/look/${scheme}${isThemed ? '' : '-unthemed'}`

/** A style sheet that does not ask the browser for the scheme. */
export function toForcedScheme(styles: string, scheme: Scheme): string {
  if (scheme === 'system') return styles
  const answer = (asked: string): string => (asked === scheme ? '(width >= 0)' : '(width < 0)')
  const forced = styles.replaceAll(
    /\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)/g,
    (_, asked: string) => answer(asked),
  )
  return `${forced}\n:root {\n  color-scheme: ${scheme};\n}\n`
}
