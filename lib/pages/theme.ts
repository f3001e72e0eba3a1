import {
  colorNames,
  contrast,
  defaultColors,
  leastContrast,
  luminance,
  mix,
  toPalette,
  toSelected,
  type ColorName,
  type ColorScheme,
  type Palette,
  type SchemedColors,
  type ThemeColors,
} from './theme-colors.ts'

/** The look of the pages, without a change of templates. Members that are left out are ours. */
export interface Theme {
  /**
   * The name of the product on every page, in every language.
   *
   * @defaultValue 'Pleo'
   */
  readonly productName?: string

  /**
   * The path of a logo to show in place of that name: an SVG, PNG or WebP file of 256 KiB at most. It is
   * served from the issuer's own origin, and shown on `colors.background` in both schemes. An SVG can have
   * colours for each (`prefers-color-scheme`).
   *
   * @defaultValue none: the name is written
   */
  readonly logo?: string

  /**
   * The path of the icon of browser tabs, a square: an SVG, PNG or WebP file of 256 KiB at most. It is served from the issuer's
   * own origin.
   *
   * @defaultValue the first letter of `productName`, in `colors.primaryText` on `colors.primary`
   */
  readonly icon?: string

  /**
   * Fonts, the best first: `"'Inter', system-ui, sans-serif"`. Pages load no fonts, so each must be on the device.
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
   * Colours of the light scheme, and below `dark` those of the dark scheme. A colour that `dark` leaves out is ours. Text with a
   * contrast below 4.5:1 to its background is refused in both schemes.
   *
   * @see {@link https://www.w3.org/TR/WCAG22/#contrast-minimum WCAG 2.2, Success Criterion 1.4.3}
   */
  readonly colors?: SchemedColors
}

/** The name of the product if the theme does not give one. */
export const defaultProductName = 'Pleo'

/** Writes a theme as a style sheet. It comes after the one whose custom properties it sets. */
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
    // A person who asks for more contrast gets it with every theme.
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

const customProperties: Readonly<Record<ColorName, string>> = {
  background: '--background',
  surface: '--surface',
  text: '--text',
  quietText: '--text-quiet',
  link: '--link',
  change: '--change',
  primary: '--primary',
  primaryText: '--primary-text',
  danger: '--danger',
}

/** The custom properties of each scheme; empty if the theme sets no colour. */
function toColorProperties({
  dark = {},
  ...light
}: SchemedColors): Readonly<Record<ColorScheme, readonly string[]>> {
  const own = { light: namesIn(light), dark: namesIn(dark) }
  // A colour that the dark scheme leaves out is ours. Without this, the light one would apply to both.
  const inDark = colorNames.filter((name) => own.light.includes(name) || own.dark.includes(name))
  return {
    light: toDeclarations(own.light, toPalette('light', light)),
    dark: toDeclarations(inDark, toPalette('dark', dark)),
  }
}

const namesIn = (colors: ThemeColors): readonly ColorName[] =>
  colorNames.filter((name) => colors[name] !== undefined)

function toDeclarations(names: readonly ColorName[], palette: Palette): readonly string[] {
  const isSet = (...sources: readonly ColorName[]): boolean =>
    sources.some((name) => names.includes(name))
  const { surface, text, link, primary, primaryText, danger } = palette
  const dangerText = toTextOn(danger)
  const derived: readonly (readonly [boolean, string, string])[] = [
    [isSet('link'), '--focus', link],
    [isSet('link', 'surface'), '--selected', toSelected(palette)],
    [isSet('link', 'surface'), '--mark', toMark(palette)],
    [isSet('link', 'surface', 'text'), '--mark-text', toMarkText(palette)],
    [isSet('text', 'surface'), '--sunken', mix(surface, text, 0.03)],
    [isSet('text', 'surface'), '--line', mix(surface, text, 0.14)],
    [isSet('text', 'surface'), '--control', mix(surface, text, 0.6)],
    [isSet('primary', 'primaryText'), '--primary-hover', toHover(primary, primaryText)],
    [isSet('danger'), '--danger-text', dangerText],
    [isSet('danger'), '--danger-hover', toHover(danger, dangerText)],
  ]
  return [
    ...names.map((name) => `${customProperties[name]}: ${palette[name]};`),
    ...derived.filter(([applies]) => applies).map(([, name, value]) => `${name}: ${value};`),
  ]
}

/** Behind the initials of a client, and behind what is new. */
const toMark = ({ surface, link }: Palette): string => mix(surface, link, 0.12)

/** As near to the colour of links as it can be read. */
function toMarkText(palette: Palette): string {
  const { link, text, surface } = palette
  const shades = [0, 0.25, 0.5, 0.75].map((share) => mix(link, text, share))
  const behind = [toMark(palette), surface]
  const isReadable = (shade: string): boolean =>
    behind.every((color) => contrast(shade, color) >= leastContrast)
  return shades.find(isReadable) ?? text
}

/** The words on a button. One of the two can be read on every colour. */
function toTextOn(color: string): string {
  const [light, dark] = [defaultColors.light.primaryText, defaultColors.dark.primaryText]
  return contrast(light, color) >= contrast(dark, color) ? light : dark
}

/** Away from the words on it, so that they stay readable. */
const toHover = (color: string, text: string): string =>
  mix(color, luminance(text) > luminance(color) ? '#000000' : '#ffffff', 0.15)

/** How large the logo and the icon of a theme may be, in bytes. */
export const maxPictureSize: number = 256 * 1024

/** The kinds of picture that a theme's logo and icon can be. */
type PictureType = 'image/svg+xml' | 'image/png' | 'image/webp'

/** Finds the kind of a picture by its content. The name of its file does not matter. */
export function toPictureType(content: Buffer): PictureType | undefined {
  const start = content.subarray(0, 12).toString('latin1')
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  // A byte order mark, the XML declaration, comments and the doctype may come before the element.
  const isSvg = /^\uFEFF?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/is
  return isSvg.test(content.toString('utf8')) ? 'image/svg+xml' : undefined
}
