import { styleText } from 'node:util'
import stringWidth from 'string-width'

/** In bold where stdout is a terminal, and `NO_COLOR` is not set. */
export const bold = (text: string): string => styleText('bold', text, { stream: process.stdout })

/** Control characters, those that turn the direction of a line, and those that end one. */
const active = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu

/** Without what would do something to a terminal. */
export const clean = (text: string): string => text.replaceAll(active, '\u{FFFD}')

/** A time of so many milliseconds since the epoch, to the second; `-` for what is none. */
export const toTime = (at: number | undefined): string => toIso(at)?.replace(/\.\d+Z$/, 'Z') ?? '-'

/** Names and values, below each other. */
export const toList = (rows: readonly (readonly [name: string, value: string])[]): string =>
  toColumns(rows.map(([name, value]) => [`  ${clean(name)}`, clean(value)])).join('\n')

/** Rows in columns, a line each. */
export function toColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, stringWidth(row[column] ?? '')), 0),
  )
  // A letter can take two columns of a terminal, or none.
  const pad = (cell: string, width = 0): string =>
    cell + ' '.repeat(Math.max(0, width - stringWidth(cell)))
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column]))
      .join('  ')
      .trimEnd(),
  )
}

/** For scripts, and safe to look at: what would do something to a terminal is escaped. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replaceAll(active, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** A time of so many milliseconds since the epoch for scripts, in ISO 8601; `null` for what is none. */
export function toIso(at: number | undefined): string | null {
  const time = new Date(at ?? Number.NaN)
  // What somebody else says may be no time, or one that no calendar has.
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}
