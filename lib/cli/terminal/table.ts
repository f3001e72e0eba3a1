import stringWidth from 'string-width'
import { bold, clean, toColumns, toList } from './text.ts'

/** How wide the terminal is that stdout goes to; endless where it goes elsewhere: nothing is cut there. */
export const terminalWidth = (): number =>
  (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY

/** Whether stdout goes to a terminal, and a person. */
export const isForTerminal = (): boolean => Number.isFinite(terminalWidth())

/** A text, cut to so many columns of a terminal. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  // What is seen as one letter stays in one piece.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) >= width) break
    kept += segment
  }
  return `${kept}…`
}

/** What is left of a column at least that is cut to fit beside others. */
const leastRoom = 12

/**
 * Rows in columns, the first row as their names. Where the terminal is too narrow for that, one column is cut, or stands
 * above the others; where that is not enough, or there is no such column, each row is a list.
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
