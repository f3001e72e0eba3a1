import { createHash } from 'node:crypto'

const styles = `
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { align-items: center; display: grid; margin: 0; min-block-size: 100svb; }
main { border: 1px solid color-mix(in srgb, currentcolor 15%, transparent); border-radius: 0.75rem; margin: 1.5rem auto; max-inline-size: 26rem; padding: 2rem; }
h1 { font-size: 1.375rem; letter-spacing: -0.01em; line-height: 1.25; margin: 0 0 0.5rem; }
p { margin: 0; opacity: 0.75; }
`

const toPage = (title: string, text: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${styles}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${text}</p>
</main>
</body>
</html>
`

/** The page at the end. It says nothing of the answer, because the command has not checked it yet. */
export const closingPage: string = toPage(
  'You can close this window',
  'The answer has arrived. The terminal shows the result.',
)

/** The page for every other request. */
export const strayPage: string = toPage(
  'There is nothing here',
  'A command waits at this port for the answer of an authorization server. Open the URL that it shows.',
)

/** The page loads nothing, has one style sheet in it, is not stored or framed, and its URL is not passed on. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(styles).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  connection: 'close',
}
