import { styleText } from 'node:util'
import stringWidth from 'string-width'

/** The columns of the terminal that stdout goes to. Elsewhere the width is endless, and nothing is cut. */
export const terminalWidth = (): number =>
  (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY

/** Whether stdout goes to a terminal. */
export const isForTerminal = (): boolean => Number.isFinite(terminalWidth())

/** Cuts a text to a number of columns. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  // Several characters can make up one visible letter.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) >= width) break
    kept += segment
  }
  return `${kept}…`
}

/** The least width of a column that is cut to fit beside others. */
const leastRoom = 12

/**
 * Rows in columns. The first row has their names. If the terminal is too narrow, one column is cut or moves above the
 * others. If that is not enough, or no column may be cut, each row becomes a list.
 *
 * @param long - the number of the column that may be cut; not one that people copy from
 */
export function toTable(rows: readonly (readonly string[])[], long?: number): string {
  const cells = rows.map((row) => row.map((cell) => clean(cell)))
  const lines = toColumns(cells)
  const excess = widest(lines) - terminalWidth()
  if (excess <= 0) return toHeaded(lines)
  if (long === undefined) return toLists(cells)
  const ofLong = cells.map((row) => row[long] ?? '')
  const room = widest(ofLong) - excess
  if (room >= leastRoom)
    return toHeaded(
      toColumns(cells.map((row, index) => row.with(long, cut(ofLong[index] ?? '', room)))),
    )
  const others = toColumns(cells.map((row) => ['', ...row.toSpliced(long, 1)]))
  if (widest(others) > terminalWidth()) return toLists(cells)
  return toHeaded(ofLong.map((cell, index) => `${cut(cell, terminalWidth())}\n${others[index]}`))
}

const widest = (lines: readonly string[]): number =>
  lines.reduce((width, line) => Math.max(width, stringWidth(line)), 0)

const toHeaded = ([head = '', ...lines]: readonly string[]): string =>
  [bold(head), ...lines].join('\n')

const toLists = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
  rows
    .map((row) => toList(row.map((cell, column) => [(head[column] ?? '').toLowerCase(), cell])))
    .join('\n\n')

/** Bold if stdout is a terminal and `NO_COLOR` is not set. */
export const bold = (text: string): string => styleText('bold', text, { stream: process.stdout })

/** Control characters, and characters that end a line or turn its direction. */
const active = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu

/** Replaces the characters that would do something to a terminal. */
export const clean = (text: string): string => text.replaceAll(active, '\u{FFFD}')

/** Milliseconds since the epoch as a time, to the second; `-` if it is not a time. */
export const toTime = (at: number | undefined): string => toIso(at)?.replace(/\.\d+Z$/, 'Z') ?? '-'

/** Names and values, one pair in each line. */
export const toList = (rows: readonly (readonly [name: string, value: string])[]): string =>
  toColumns(rows.map(([name, value]) => [`  ${clean(name)}`, clean(value)])).join('\n')

/** Rows in columns, one row in each line. */
function toColumns(rows: readonly (readonly string[])[]): readonly string[] {
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

/**
 * JSON for scripts. Characters that would do something to a terminal are escaped.
 *
 * @param times - members that are times: in ISO 8601, and `null` without a value
 */
export function toJson(value: unknown, times: readonly string[] = []): string {
  const toPlain = (name: string, member: unknown): unknown =>
    times.includes(name) && typeof member !== 'string'
      ? toIso(member as number | undefined)
      : member
  return JSON.stringify(value, toPlain, 2).replaceAll(active, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Milliseconds since the epoch in ISO 8601; `null` if it is not a time. */
export function toIso(at: number | undefined): string | null {
  const time = new Date(at ?? Number.NaN)
  // A server can answer with any number.
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}
