/** The colours that a theme sets, each as `#rgb` or `#rrggbb`. */
export interface ThemeColors {
  /** Behind the page. */
  readonly background?: string
  /** Behind what is read: the card in the middle, and the fields. */
  readonly surface?: string
  readonly text?: string
  /** What is said in passing. */
  readonly quietText?: string
  /** Links, what is chosen, and the outline of what has the focus. */
  readonly link?: string
  /** Words about what can be changed. */
  readonly change?: string
  /** The button of the first choice. */
  readonly primary?: string
  /** The words on it. */
  readonly primaryText?: string
}

/** The name of a colour that a theme sets. */
export type ColorName = keyof ThemeColors

/** What people's browsers ask for. */
export type ColorScheme = 'light' | 'dark'

/** The colours of a theme: those of the light scheme, and within them those of the dark one. */
export interface SchemedColors extends ThemeColors {
  readonly dark?: ThemeColors
}

/** The names of those colours. */
export const colorNames: readonly ColorName[] = [
  'background',
  'surface',
  'text',
  'quietText',
  'link',
  'change',
  'primary',
  'primaryText',
]

type Palette = Readonly<Record<ColorName, string>>

/** What a theme leaves out: the colours of `views/styles.css`. */
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
  },
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
}

/** The custom properties of each scheme: none where the theme sets no colour. */
export function toColorProperties({
  dark = {},
  ...light
}: SchemedColors): Readonly<Record<ColorScheme, readonly string[]>> {
  const own = { light: namesIn(light), dark: namesIn(dark) }
  // What the dark scheme leaves out is ours: the light one applies to both where nothing else does.
  const inDark = colorNames.filter((name) => own.light.includes(name) || own.dark.includes(name))
  return {
    light: toDeclarations(own.light, fill('light', light)),
    dark: toDeclarations(inDark, fill('dark', dark)),
  }
}

const namesIn = (colors: ThemeColors): readonly ColorName[] =>
  colorNames.filter((name) => colors[name] !== undefined)

const fill = (scheme: ColorScheme, colors: ThemeColors): Palette =>
  Object.fromEntries(
    colorNames.map((name) => [name, colors[name] ?? defaultColors[scheme][name]]),
  ) as Palette

function toDeclarations(names: readonly ColorName[], palette: Palette): readonly string[] {
  const isSet = (...sources: readonly ColorName[]): boolean =>
    sources.some((name) => names.includes(name))
  const { surface, text, link, primary, primaryText } = palette
  const derived: readonly (readonly [boolean, string, string])[] = [
    [isSet('link'), '--focus', link],
    [isSet('link', 'surface'), '--selected', toSelected(palette)],
    [isSet('link', 'surface'), '--mark', toMark(palette)],
    [isSet('link', 'surface', 'text'), '--mark-text', toMarkText(palette)],
    [isSet('text', 'surface'), '--sunken', mix(surface, text, 0.03)],
    [isSet('text', 'surface'), '--line', mix(surface, text, 0.14)],
    [isSet('text', 'surface'), '--control', mix(surface, text, 0.6)],
    [isSet('primary', 'primaryText'), '--primary-hover', toHover(primary, primaryText)],
  ]
  return [
    ...names.map((name) => `${customProperties[name]}: ${palette[name]};`),
    ...derived.filter(([applies]) => applies).map(([, name, value]) => `${name}: ${value};`),
  ]
}

const toSelected = ({ surface, link }: Palette): string => mix(surface, link, 0.08)

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

/** Away from the words on it, so that they stay readable. */
const toHover = (color: string, text: string): string =>
  mix(color, luminance(text) > luminance(color) ? '#000000' : '#ffffff', 0.15)

/** What people cannot read. */
export interface LowContrast {
  readonly scheme: ColorScheme
  readonly text: ColorName
  readonly on: string
  readonly ratio: number
}

/** What text needs (WCAG 2.2, Success Criterion 1.4.3). */
export const leastContrast = 4.5

/** Every pair of text and what is behind it that has less contrast than people need to read it. */
export function findLowContrast({ dark = {}, ...light }: SchemedColors): readonly LowContrast[] {
  return (['light', 'dark'] as const).flatMap((scheme) => {
    const palette = fill(scheme, scheme === 'light' ? light : dark)
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
]

/** The contrast ratio of two colours (WCAG 2.2, Section 6). */
function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = toChannels(color).map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function mix(color: string, other: string, share: number): string {
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
