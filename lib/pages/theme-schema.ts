import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { complain } from '../validation/schemas.ts'
import { maxPictureSize, toPictureType } from './theme.ts'
import {
  colorNames,
  findLowContrast,
  leastContrast,
  type ColorName,
  type SchemedColors,
} from './theme-colors.ts'

const color = z
  .string({ error: 'must be a colour as #rgb or #rrggbb' })
  // Without a colour, no contrast can be measured.
  .regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, {
    error: 'must be a colour as #rgb or #rrggbb',
    abort: true,
  })
  .optional()

const colors = Object.fromEntries(colorNames.map((name) => [name, color])) as Record<
  ColorName,
  typeof color
>

const schemedColors = z
  .strictObject(
    {
      ...colors,
      dark: z.strictObject(colors, { error: 'must be an object of colours' }).optional(),
    },
    { error: 'must be an object of colours' },
  )
  .superRefine((value, context) => {
    for (const { scheme, text, on, ratio } of findLowContrast(value as SchemedColors)) {
      // Rounded down: what falls short of it must not look as if it did not.
      const shown = Math.floor(ratio * 10) / 10
      const message = `on ${on} has a contrast of ${shown}:1, less than the ${leastContrast}:1 that people need to read it`
      const path = scheme === 'dark' ? ['dark', text] : [text]
      complain(context, 'low_contrast', message, path)
    }
  })

// One family: words, or anything in quotes that does not end them.
const family = String.raw`(?:'[^'"\\;{}<>\n\r]+'|"[^'"\\;{}<>\n\r]+"|-?[a-z_][\w-]*(?: [a-z_][\w-]*)*)`

const picture = (code: string) =>
  z
    .string({ error: 'must be the path of a file' })
    .superRefine((path, context) => {
      const problem = findPictureProblem(path)
      if (problem !== undefined) complain(context, code, problem)
    })
    .optional()

/** The rules for a theme. */
export const themeSchema: z.ZodType = z.strictObject(
  {
    productName: z
      .string({ error: 'must be a text' })
      .regex(/^(?=.*\S)[^\p{Cc}]{1,60}$/u, 'must be one line of 60 characters at most')
      .optional(),
    logo: picture('invalid_logo'),
    icon: picture('invalid_icon'),
    fontFamily: z
      .string({ error: 'must be a list of fonts' })
      .regex(
        new RegExp(`^${family}(?:, *${family})*$`, 'i'),
        'must be a list of fonts, separated by commas, names of other than letters and digits in quotes',
      )
      .optional(),
    radius: z
      .string({ error: 'must be a length' })
      .regex(
        /^(?:0|\d{1,3}(?:\.\d{1,4})?(?:px|rem|em))$/,
        'must be a length in px, rem or em, or 0',
      )
      .optional(),
    colors: schemedColors.optional(),
  },
  { error: 'must be an object' },
)

function findPictureProblem(path: string): string | undefined {
  // A relative path begins at the folder that the process was started in, which may be another one than that of the code.
  const tried = resolve(path)
  try {
    const file = statSync(tried, { throwIfNoEntry: false })
    if (!file?.isFile()) return `must be a file that exists (tried ${tried})`
    if (file.size > maxPictureSize)
      return `must have ${maxPictureSize / 1024} KiB at most (${tried})`
    const isPicture = toPictureType(readFileSync(tried)) !== undefined
    return isPicture ? undefined : `must be an SVG, PNG or WebP file (${tried})`
  } catch (error) {
    return `must be a file that can be read (${tried}: ${(error as NodeJS.ErrnoException).code})`
  }
}
