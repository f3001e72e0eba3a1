import { html, type Html } from '../server/html.ts'

// The pages of the backend itself.

/** No other site may frame a page, and no cache may keep the token of its form. */
export const pageHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
} as const

/** A page in the frame of all pages. */
export const toPage = (title: string, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} | Harbour</title>
        <link rel="icon" href="/harbour.svg" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header>
          <a class="brand" href="/"
            ><img src="/harbour.svg" alt="" width="32" height="32" />Harbour</a
          >
        </header>
        <main>${content}</main>
      </body>
    </html>`.markup

/** What the sign-in page shows. */
interface SignInPage {
  readonly action: string
  readonly csrf: string
  /** What was typed before. */
  readonly email?: string
  readonly problem?: string
}

/** The page to sign in at. */
export function signInPage({ action, csrf, email = '', problem = '' }: SignInPage): string {
  const invalid = problem && html`aria-invalid="true" aria-describedby="problem"`
  return toPage(
    problem ? 'Error: Sign in' : 'Sign in',
    html`<h1>Sign in to Harbour</h1>
      ${problem && html`<p role="alert" id="problem">${problem}</p>`}
      <form method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <label for="email">Email</label>
        <input
          id="email"
          name="email"
          type="email"
          value="${email}"
          autocomplete="username"
          required
          ${invalid}
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          ${invalid}
        />
        <button class="button">Sign in</button>
      </form>`,
  )
}

/** The first page. */
export const startPage = (name: string | undefined): string =>
  toPage(
    'Start',
    name === undefined
      ? html`<h1>Every invoice finds its harbour</h1>
          <p>Vendors, companies and the apps that work with them, in one place.</p>
          <a class="button" href="/login">Sign in</a>`
      : html`<h1>Welcome back</h1>
          <p>Signed in as ${name}.</p>
          <p class="quiet">See which apps may read or change your companies' data.</p>
          <a class="button" href="/auth/oauth/connections">Connected apps</a>`,
  )
