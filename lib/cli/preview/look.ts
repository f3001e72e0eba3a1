import { directionOf, type Direction } from '../../workbench/preview.ts'

/** How the preview draws a page. */
export interface Look {
  readonly language: string
  /** Set if it differs from the direction of the language. */
  readonly direction: Direction | undefined
  readonly scheme: Scheme
  /** Whether the page has the theme of the host. */
  readonly isThemed: boolean
}

/** The colour scheme; `system` is the one of the browser. */
export type Scheme = 'system' | 'light' | 'dark'

/** All schemes. */
export const schemes: readonly Scheme[] = ['system', 'light', 'dark']

/** Reads the look from the query of a request, and ignores unknown values. */
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

/** Writes the look as a query. */
export function toLookQuery({ language, direction, scheme, isThemed }: Look): string {
  return new URLSearchParams({
    lang: language,
    ...(direction && { dir: direction }),
    ...(scheme !== 'system' && { scheme }),
    ...(!isThemed && { theme: 'none' }),
  }).toString()
}

/** The path below which a page loads its files. They differ by scheme and theme. */
export const toLookPath = ({ scheme, isThemed }: Pick<Look, 'scheme' | 'isThemed'>): string =>
  `/look/${scheme}${isThemed ? '' : '-unthemed'}`

/** Rewrites a style sheet so that it has one scheme in every browser. */
export function toForcedScheme(styles: string, scheme: Scheme): string {
  if (scheme === 'system') return styles
  const answer = (asked: string): string => (asked === scheme ? '(width >= 0)' : '(width < 0)')
  const forced = styles.replaceAll(
    /\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)/g,
    (_, asked: string) => answer(asked),
  )
  return `${forced}\n:root {\n  color-scheme: ${scheme};\n}\n`
}
