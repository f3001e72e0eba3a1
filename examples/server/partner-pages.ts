import { html, type Html } from './html.ts'
import type { Connection, Kind } from './partner-client.ts'
import type { ApiData, CompanyData } from './partner-data.ts'
import type { Outcome } from './partner-store.ts'

/** The first thing a person sees. */
export function startPage(): string {
  return layout(
    'Bookkeeping that keeps itself',
    html`<h1>Bookkeeping that keeps itself</h1>
      <p class="lead">
        Connect your company, and Northwind Ledger files its expenses for you. You choose the
        company and see what is asked before anything is shared.
      </p>
      <p><a class="button" href="${connectPath('company')}">Connect to Pleo</a></p>
      <p class="quiet">
        Several companies? <a href="${connectPath('organization')}">Connect an organization</a>
      </p>`,
  )
}

/** What a person sees who agreed: the data, and what can be done with the connection. */
export function connectedPage(
  connection: Connection,
  api: ApiData,
  outcome: Outcome | undefined,
): string {
  const title =
    'companies' in api ? `Connected: ${subjectName(api, connection)}` : 'No data at the moment'
  return layout(
    title,
    html`<h1>${title}</h1>
      ${'companies' in api ? data(api) : refused(api)} ${outcome && outcomePanel(outcome)}
      <section aria-labelledby="token">
        <h2 id="token">The tokens</h2>
        <dl>
          <dt>Access token</dt>
          <dd><code>${shortened(connection.accessToken)}</code>, ${remaining(connection)}</dd>
          <dt>Refresh token</dt>
          <dd><code>${shortened(connection.refreshToken)}</code></dd>
          <dt>Scope</dt>
          <dd>${connection.scope.split(' ').map((scope) => html`<code>${scope}</code> `)}</dd>
        </dl>
        <div class="actions">
          ${action('/refresh', 'Refresh')} ${action('/introspect', 'Introspect')}
          ${action('/disconnect', 'Disconnect', 'danger')}
        </div>
      </section>`,
  )
}

/** What a person sees after disconnecting, or where access was withdrawn. */
export function disconnectedPage(outcome: Outcome, kind: Kind): string {
  return layout(
    outcome.title,
    html`<h1>${outcome.title}</h1>
      <p class="lead">${outcome.text}</p>
      ${outcome.answers.map((answer) => answerBox(answer))}
      <p><a class="button" href="${connectPath(kind)}">Connect again</a></p>`,
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

/** Anything that went wrong, with the words of the protocol for whoever has to look into it. */
export function problemPage(title: string, text: string, details?: string): string {
  return layout(
    title,
    html`<h1>${title}</h1>
      <p class="lead">${text}</p>
      ${details && html`<pre>${details}</pre>`}
      <p><a class="button" href="/">Back to the start</a></p>`,
  )
}

function subjectName(
  api: { readonly companies: readonly CompanyData[] },
  { kind }: Connection,
): string {
  if (kind === 'organization') return `an organization with ${api.companies.length} companies`
  return api.companies[0]?.name ?? 'a company'
}

function data(api: { readonly subject: string; readonly companies: readonly CompanyData[] }): Html {
  return html`<p class="quiet">Access is for <code>${api.subject}</code>, and for nothing else.</p>
    ${api.companies.map(
      ({ name, country, registrationNumber, employees }) =>
        html`<section class="company">
          <h2>${name}</h2>
          <p class="quiet">${[country, registrationNumber].filter(Boolean).join(' · ')}</p>
          <table>
            <thead>
              <tr>
                <th scope="col">Employee</th>
                <th scope="col">E-mail</th>
                <th scope="col">Job title</th>
              </tr>
            </thead>
            <tbody>
              ${employees.map(
                (one) =>
                  html`<tr>
                    <td>${one.name}</td>
                    <td>${one.email}</td>
                    <td>${one.jobTitle ?? ''}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </section>`,
    )}`
}

function refused({
  status,
  challenge,
}: {
  readonly status: number
  readonly challenge: string
}): Html {
  const reason =
    status === 401
      ? 'the access token has expired, or access was withdrawn. A refresh tells which.'
      : 'that has nothing to do with the connection. Try again in a moment.'
  return html`<p class="lead">The API answers <strong>${status}</strong>: ${reason}</p>
    ${challenge && html`<pre>WWW-Authenticate: ${challenge}</pre>`}`
}

function outcomePanel(outcome: Outcome): Html {
  return html`<section class="outcome" role="status">
    <h2>${outcome.title}</h2>
    <p>${outcome.text}</p>
    ${outcome.answers.map((answer) => answerBox(answer))}
  </section>`
}

function answerBox({ caption, json }: Outcome['answers'][number]): Html {
  return html`<figure>
    <figcaption>${caption}</figcaption>
    <pre>${JSON.stringify(json, undefined, 2)}</pre>
  </figure>`
}

const action = (path: string, label: string, style = 'secondary'): Html =>
  html`<form method="post" action="${path}"><button class="${style}">${label}</button></form>`

const connectPath = (kind: Kind): string =>
  kind === 'company' ? '/connect' : `/connect?kind=${kind}`

/** Enough of a token to tell it from another one. */
export const shortened = (token: string): string => `${token.slice(0, 6)}…`

function remaining({ expiresAt }: Connection): string {
  const seconds = Math.round((expiresAt - Date.now()) / 1000)
  return seconds > 0 ? `expires in ${seconds} seconds` : 'expired'
}

function layout(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Northwind Ledger</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/partner.css" />
      </head>
      <body>
        <header><a href="/">Northwind Ledger</a><span>example partner application</span></header>
        <main>${content}</main>
      </body>
    </html>`.markup
}
