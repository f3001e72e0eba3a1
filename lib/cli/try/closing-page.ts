/**
 * What the browser shows at the end. It says nothing of what came with the request: whether that is right is for the
 * command to find out.
 */
export const closingPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>You can close this window</title>
</head>
<body>
<h1>You can close this window</h1>
<p>The answer has arrived. What came of it is on the terminal.</p>
</body>
</html>
`

/** For every answer: nothing is loaded, kept, guessed or framed, and the URL is passed to nobody. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  connection: 'close',
}
