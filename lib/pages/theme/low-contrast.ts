import { toSelected } from './color-properties.ts'
import { contrast, leastContrast } from './color-values.ts'
import { toPalette, type ColorName, type ColorScheme, type SchemedColors } from './colors.ts'

/** What people cannot read. */
export interface LowContrast {
  readonly scheme: ColorScheme
  readonly text: ColorName
  readonly on: string
  readonly ratio: number
}

/** Every pair of text and what is behind it that has less contrast than people need to read it. */
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
]
