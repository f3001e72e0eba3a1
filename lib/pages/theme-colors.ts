/** The colours that a theme sets, each as `#rgb` or `#rrggbb`. */
export interface ThemeColors {
  /** Behind the page. */
  readonly background?: string
  /** Behind text: the card in the middle, and the fields. */
  readonly surface?: string
  readonly text?: string
  /** Words of less importance. */
  readonly quietText?: string
  /** Links, the choice, and the outline of the element with the focus. */
  readonly link?: string
  /** Words about access that changes data. */
  readonly change?: string
  /** The button of the first choice. */
  readonly primary?: string
  /** The words on it. */
  readonly primaryText?: string
  /** The button that ends a connection. */
  readonly danger?: string
}

/** The name of a colour that a theme sets. */
export type ColorName = keyof ThemeColors

/** The scheme that the browser asks for. */
export type ColorScheme = 'light' | 'dark'

/** The colours of a theme: those of the light scheme, and within them those of the dark one. */
export interface SchemedColors extends ThemeColors {
  readonly dark?: ThemeColors
}

/** Every colour of one scheme. */
export type Palette = Readonly<Record<ColorName, string>>

/** The colours of `views/styles.css`, for each one that a theme leaves out. */
export const defaultColors: Readonly<Record<ColorScheme, Palette>> = {
  light: {
    background: '#f4f3f0',
    surface: '#ffffff',
    text: '#1a1a1f',
    quietText: '#5a5a64',
    link: '#1d4fc4',
    change: '#8a4300',
    primary: '#1a1a1f',
    primaryText: '#ffffff',
    danger: '#b3202a',
  },
  dark: {
    background: '#121215',
    surface: '#1c1c21',
    text: '#f1f0ee',
    quietText: '#acacb6',
    link: '#9dbaff',
    change: '#f5b87a',
    primary: '#f1f0ee',
    primaryText: '#1a1a1f',
    danger: '#ff8f96',
  },
}

/** The names of the colours of one scheme. */
export const colorNames: readonly ColorName[] = Object.keys(defaultColors.light) as ColorName[]

/** The colours of a scheme, with ours for each one that the theme leaves out. */
export const toPalette = (scheme: ColorScheme, colors: ThemeColors): Palette =>
  Object.fromEntries(
    colorNames.map((name) => [name, colors[name] ?? defaultColors[scheme][name]]),
  ) as Palette

/** The colour behind the page in each scheme. */
export const toBackgrounds = ({ dark = {}, ...light }: SchemedColors = {}): Readonly<
  Record<ColorScheme, string>
> => ({
  light: toPalette('light', light).background,
  dark: toPalette('dark', dark).background,
})

/** A pair of colours that people cannot read. */
export interface LowContrast {
  readonly scheme: ColorScheme
  readonly text: ColorName
  readonly on: string
  readonly ratio: number
}

/** Finds every pair of a text and its background with less contrast than people need. */
export function findLowContrast({ dark = {}, ...light }: SchemedColors): readonly LowContrast[] {
  return (['light', 'dark'] as const).flatMap((scheme) => {
    const palette = toPalette(scheme, scheme === 'light' ? light : dark)
    const behind: Readonly<Record<string, string>> = { ...palette, selected: toSelected(palette) }
    return readPairs
      .map(([text, on]) => ({
        scheme,
        text,
        on,
        ratio: contrast(palette[text], behind[on] ?? palette.surface),
      }))
      .filter(({ ratio }) => ratio < leastContrast)
  })
}

const readPairs: readonly (readonly [ColorName, string])[] = [
  ['text', 'background'],
  ['text', 'surface'],
  ['text', 'selected'],
  ['quietText', 'background'],
  ['quietText', 'surface'],
  ['quietText', 'selected'],
  ['link', 'background'],
  ['link', 'surface'],
  ['change', 'surface'],
  ['primaryText', 'primary'],
  ['danger', 'surface'],
]

/** Behind the company that is chosen. */
export const toSelected = ({ surface, link }: Palette): string => mix(surface, link, 0.08)

/** The contrast that text needs (WCAG 2.2, Success Criterion 1.4.3). */
export const leastContrast = 4.5

/** The contrast ratio of two colours (WCAG 2.2, Section 6). */
export function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (lighter + 0.05) / (darker + 0.05)
}

/** How light a colour is, from 0 to 1 (WCAG 2.2, relative luminance). */
export function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = toChannels(color).map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** A colour with a share of another, from 0 to 1. */
export function mix(color: string, other: string, share: number): string {
  const others = toChannels(other)
  const mixed = toChannels(color).map((channel, index) =>
    Math.round(channel + ((others[index] ?? 0) - channel) * share),
  )
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}

function toChannels(color: string): readonly number[] {
  const isShort = color.length === '#rgb'.length
  const parts = color.slice(1).match(isShort ? /./g : /../g) ?? []
  return parts.map((part) => Number.parseInt(isShort ? part + part : part, 16))
}
