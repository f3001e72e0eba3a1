const startIsolate = '\u2068'
const endIsolate = '\u2069'

/**
 * A name that turns nothing around it, whichever way it is written: its direction is its own (UAX #9).
 * Isolates in it stay pairs: one end too many would end ours, and let the rest of the name out.
 */
export function isolate(text: string): string {
  let open = 0
  const paired = text.replaceAll(/[\u2066-\u2069]/g, (mark) => {
    if (mark !== endIsolate) open += 1
    else if (open === 0) return ''
    else open -= 1
    return mark
  })
  // The end of a paragraph ends every isolate.
  const oneParagraph = paired.replaceAll(/[\r\n\u0085\u2029]/g, ' ')
  return startIsolate + oneParagraph + endIsolate.repeat(open + 1)
}
