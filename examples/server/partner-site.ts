import { html, type Html } from './html.ts'
import type { Kind } from './partner-client.ts'

/** The first thing a person sees. */
export function startPage(): string {
  return layout(
    'Bookkeeping that keeps itself',
    html`<h1>Bookkeeping that keeps itself</h1>
      <p class="lead">
        Connect your company, and Northwind Ledger files its expenses for you. You choose the
        company and see what is asked for before anything is shared.
      </p>
      <p><a class="button" href="${connectPath('company')}">Connect to Pleo</a></p>
      <p class="quiet">
        Several companies? <a href="${connectPath('organization')}">Connect an organization</a>
      </p>
      <ol class="features">
        <li>
          <h2>Sign in at Pleo</h2>
          <p>Your password stays there. Northwind Ledger never sees it.</p>
        </li>
        <li>
          <h2>Choose a company</h2>
          <p>We read that company and its employees, and no other.</p>
        </li>
        <li>
          <h2>Leave at any time</h2>
          <p>Disconnect here or at Pleo. Our access ends at once.</p>
        </li>
      </ol>`,
  )
}

/** What a person sees who declined, or could not agree. */
export function declinedPage(kind: Kind): string {
  return layout(
    'Nothing was connected',
    html`<h1>Nothing was connected</h1>
      <p class="lead">Northwind Ledger was given no access, and sees nothing of your company.</p>
      <p><a class="button" href="${connectPath(kind)}">Try again</a></p>
      <p class="quiet"><a href="/">Back to the start</a></p>`,
  )
}

/** The page that the consent page links as the terms of service. */
export function termsPage(): string {
  return layout(
    'Terms of service',
    html`<h1>Terms of service</h1>
      <p class="lead">
        Northwind Ledger is an example. There is no such company, and nobody owes anybody anything.
      </p>
      <h2>The service</h2>
      <p>Northwind Ledger shows the companies that you connected, with their employees.</p>
      <h2>Your part</h2>
      <p>Connect a company only if you may decide for it. Pleo checks that as well.</p>
      <h2>The end</h2>
      <p>Disconnect whenever you like, here or at Pleo. No notice is needed.</p>`,
  )
}

/** The page that the consent page links as the privacy policy. */
export function privacyPage(): string {
  return layout(
    'Privacy policy',
    html`<h1>Privacy policy</h1>
      <p class="lead">Northwind Ledger reads what it shows, and stores none of it.</p>
      <h2>What we read</h2>
      <p>
        The name, country and registration number of a company, and the names, email addresses and
        job titles of its employees.
      </p>
      <h2>What we keep</h2>
      <p>
        The tokens of your connection and a list of our latest requests, without the data. Both
        belong to a cookie in your browser.
      </p>
      <h2>Questions</h2>
      <p>Write to <a href="mailto:support@northwind.example">support@northwind.example</a>.</p>`,
  )
}

/** Anything that went wrong, with the words of the protocol for the developer. */
export function problemPage(title: string, text: string, details?: string): string {
  return layout(
    title,
    html`<h1>${title}</h1>
      <p class="lead">${text}</p>
      ${details && html`<pre>${details}</pre>`}
      <p><a class="button" href="/">Back to the start</a></p>`,
  )
}

/** Where a connection begins. */
export const connectPath = (kind: Kind): string =>
  kind === 'company' ? '/connect' : `/connect?kind=${kind}`

/** The frame of every page. */
export function layout(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Northwind Ledger</title>
        <link rel="icon" href="/partner-logo.png" />
        <link rel="stylesheet" href="/partner.css" />
      </head>
      <body>
        <header>
          <a href="/"
            ><img src="/partner-logo.png" alt="" width="36" height="36" />Northwind Ledger</a
          >
          <span>Example partner app</span>
        </header>
        <main>${content}</main>
        <footer>
          <a href="/terms">Terms of service</a>
          <a href="/privacy">Privacy policy</a>
          <a href="mailto:support@northwind.example">Support</a>
        </footer>
      </body>
    </html>`.markup
}
