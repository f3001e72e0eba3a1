import { toColorProperties } from './theme/color-properties.ts'
import type { SchemedColors } from './theme/colors.ts'

/** How the pages look, without touching a template: what is left out is ours. */
export interface Theme {
  /**
   * What the product is called on every page, in every language.
   *
   * @defaultValue 'Pleo'
   */
  readonly productName?: string

  /**
   * The path of a logo to show in place of that name: an SVG, PNG or WebP file of 256 KiB at most. It is
   * served from the issuer's own origin. It stands on `colors.background` in both schemes; an SVG can have
   * colours for each (`prefers-color-scheme`).
   *
   * @defaultValue none: the name is written
   */
  readonly logo?: string

  /**
   * Fonts, the first that there is: `"'Inter', system-ui, sans-serif"`. Those of the device only, as pages
   * load none.
   *
   * @defaultValue those of the system
   */
  readonly fontFamily?: string

  /**
   * How round corners are: a length in `px`, `rem` or `em`, or `0`.
   *
   * @defaultValue '0.625rem'
   */
  readonly radius?: string

  /**
   * Colours of the light scheme, and below `dark` those of the dark one; what the dark one leaves out is
   * ours. Text that has less contrast to what is behind it than 4.5:1, in either, is refused.
   *
   * @see {@link https://www.w3.org/TR/WCAG22/#contrast-minimum WCAG 2.2, Success Criterion 1.4.3}
   */
  readonly colors?: SchemedColors
}

/** What the product is called where the theme says nothing. */
export const defaultProductName = 'Pleo'

/** A theme as style sheet, to stand behind the one whose custom properties it sets. */
export function toThemeStyles({ fontFamily, radius, colors = {} }: Theme): string {
  const { light, dark } = toColorProperties(colors)
  const always = [
    ...(fontFamily === undefined ? [] : [`--font: ${fontFamily};`]),
    ...(radius === undefined ? [] : [`--radius: ${radius};`, `--radius-card: ${cardRadius};`]),
    ...light,
  ]
  return [
    toRule(always),
    toRule(dark, '(prefers-color-scheme: dark)'),
    // Whoever asks for more contrast gets it whatever the theme says.
    toRule(dark.length > 0 ? moreContrast : [], '(prefers-contrast: more)'),
  ].join('')
}

const cardRadius = 'calc(var(--radius) * 1.6)'

const moreContrast = [
  '--text-quiet: var(--text);',
  '--line: var(--control);',
  '--control: var(--text);',
]

function toRule(declarations: readonly string[], query?: string): string {
  if (declarations.length === 0) return ''
  const rule = `:root {\n  ${declarations.join('\n  ')}\n}\n`
  return query === undefined ? `\n${rule}` : `\n@media ${query} {\n${rule}}\n`
}
