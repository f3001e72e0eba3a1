/**
 * Breaks lines between words, where a terminal would break them within. What goes on goes on below the last column of
 * the line.
 *
 * @param columns - of the terminal; absent or 0 where there is none: nothing is broken
 */
export function wrap(text: string, columns: number | undefined): string {
  if (!columns) return text
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n')
}

function wrapLine(line: string, columns: number): string {
  if (line.length <= columns) return line
  const start = /^.* {2}/.exec(line)?.[0].length ?? 0
  const space = line.lastIndexOf(' ', columns)
  const at = space > start ? space : line.indexOf(' ', Math.max(start, columns))
  if (at < 0) return line
  const indent = ' '.repeat(start > columns / 2 ? 2 : start)
  return `${line.slice(0, at)}\n${wrapLine(indent + line.slice(at + 1), columns)}`
}
