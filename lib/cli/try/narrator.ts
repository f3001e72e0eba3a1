import { styleText } from 'node:util'

/** How whoever runs the command hears of what happens: on stderr. */
export interface Narrator {
  /** What is done now. */
  readonly step: (text: string) => void
  /** How it is done. */
  readonly detail: (text: string) => void
  /** What the person is to open. */
  readonly show: (url: URL) => void
}

/** In bold what is done, where stderr is a terminal, and `NO_COLOR` is not set. */
export function createNarrator(): Narrator {
  const bold = (text: string): string => styleText('bold', text, { stream: process.stderr })
  return {
    step: (text) => console.error(`\n${bold(text)}`),
    detail: (text) => console.error(text),
    show: (url) => {
      console.error(`\n${bold('Open this in a browser on this machine, sign in and agree:')}`)
      // On a line of its own, to be clicked and copied.
      console.error(`\n${url.href}`)
      console.error(
        '\nWaiting for the browser to come back. Ctrl+C ends it, for example where the browser shows an error.',
      )
    },
  }
}
