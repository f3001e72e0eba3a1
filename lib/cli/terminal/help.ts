import type { Command } from 'commander'

/**
 * Has the help of a command, and of all below it, end its lines at words, as wide as the terminal is. Lines that begin
 * with a space are as they are: examples are to be copied.
 */
export function wrapHelp(command: Command): Command {
  const to = (stream: NodeJS.WriteStream) => (text: string) => {
    const width = (stream.isTTY && stream.columns) || 80
    stream.write(
      toParagraphs(text)
        .map((one) => (/^\S/.test(one) ? command.createHelp().boxWrap(one, width) : one))
        .join('\n'),
    )
  }
  // Beside the names of commands there is less room than what is wrapped by default.
  command.configureHelp({ minWidthToWrap: 20 }).configureOutput({
    writeOut: to(process.stdout),
    writeErr: to(process.stderr),
    // That is no help.
    outputError: (text) => process.stderr.write(text),
  })
  for (const one of command.commands) wrapHelp(one)
  return command
}

/** Lines, with those that only go on joined to the one that they go on from. */
function toParagraphs(text: string): readonly string[] {
  const paragraphs: string[] = []
  let isOpen = false
  for (const line of text.split('\n')) {
    const isText = /^\S/.test(line)
    if (isOpen && isText) paragraphs.push(`${paragraphs.pop() ?? ''} ${line}`)
    else paragraphs.push(line)
    isOpen = isText
  }
  return paragraphs
}
