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
}

/** The name of a colour that a theme sets. */
export type ColorName = keyof ThemeColors

/** The scheme that the browser asks for. */
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

/** The colours of a scheme, with ours for each one that the theme leaves out. */
export const toPalette = (scheme: ColorScheme, colors: ThemeColors): Palette =>
  Object.fromEntries(
    colorNames.map((name) => [name, colors[name] ?? defaultColors[scheme][name]]),
  ) as Palette
