import { contrast, leastContrast, luminance, mix } from './color-values.ts'
import {
  colorNames,
  toPalette,
  type ColorName,
  type ColorScheme,
  type Palette,
  type SchemedColors,
  type ThemeColors,
} from './colors.ts'

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
    light: toDeclarations(own.light, toPalette('light', light)),
    dark: toDeclarations(inDark, toPalette('dark', dark)),
  }
}

const namesIn = (colors: ThemeColors): readonly ColorName[] =>
  colorNames.filter((name) => colors[name] !== undefined)

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

/** Behind the company that is chosen. */
export const toSelected = ({ surface, link }: Palette): string => mix(surface, link, 0.08)

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
