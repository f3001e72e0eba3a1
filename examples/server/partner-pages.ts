import { html, type Html } from './html.ts'
import type { Connection } from './partner-client.ts'
import type { CompanyData } from './partner-data.ts'
import type { ConnectedSession } from './partner-refresh.ts'
import { connectPath, layout } from './partner-site.ts'
import type { Outcome, PartnerSession } from './partner-store.ts'
import { masked, type Step } from './partner-timeline.ts'

/** What a person sees who agreed: the data, and what can be done with the connection. */
export function connectedPage({ session, api }: ConnectedSession): string {
  const { connection, outcome, steps = [] } = session
  const title =
    'companies' in api ? `Connected: ${subjectName(api, connection)}` : 'No data at the moment'
  return layout(
    title,
    html`<h1>${title}</h1>
      ${outcome && outcomePanel(outcome)} ${'companies' in api ? data(api) : refused(api)}
      ${tokens(connection)} ${timeline(steps)}
      <script type="module" src="/partner.js"></script>`,
  )
}

/** What a person sees after disconnecting, or if access was withdrawn. */
export function disconnectedPage(outcome: Outcome, { kind, steps = [] }: PartnerSession): string {
  return layout(
    outcome.title,
    html`<h1>${outcome.title}</h1>
      <p class="lead">${outcome.text}</p>
      <p><a class="button" href="${connectPath(kind)}">Connect again</a></p>
      ${outcome.answers.map((answer) => answerBox(answer))} ${timeline(steps)}`,
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
        html`<section>
          <h2>${name}</h2>
          <p class="quiet">${[country, registrationNumber].filter(Boolean).join(' · ')}</p>
          <ul class="people">
            ${employees.map(
              (one) =>
                html`<li>
                  <strong>${one.name}</strong> <span>${one.jobTitle ?? ''}</span>
                  <span>${one.email}</span>
                </li>`,
            )}
          </ul>
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
  return html`<p class="lead">
      The API answers <strong>${status}</strong>. The connection is kept: try again in a moment.
    </p>
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

function tokens({ accessToken, refreshToken, scope, expiresAt, lifetime }: Connection): Html {
  const left = Math.max(0, expiresAt - Date.now())
  return html`<section>
    <h2>The tokens</h2>
    <p class="quiet">
      Northwind Ledger refreshes them by itself: when the access token is about to end, and once if
      the API refuses it.
    </p>
    <dl>
      <dt id="access-token">Access token</dt>
      <dd>
        <code>${masked(accessToken)}</code>, <span id="left">${duration(left)}</span> left
        <meter
          aria-labelledby="access-token"
          max="${lifetime}"
          low="${lifetime / 5}"
          optimum="${lifetime}"
          value="${left}"
        ></meter>
      </dd>
      <dt>Refresh token</dt>
      <dd><code>${masked(refreshToken)}</code></dd>
      <dt>Scope</dt>
      <dd>${scope.split(' ').map((name) => html`<code>${name}</code> `)}</dd>
    </dl>
    <div class="actions">
      ${action('/refresh', 'Refresh')} ${action('/introspect', 'Introspect')}
      ${action('/disconnect', 'Disconnect', 'danger')}
    </div>
  </section>`
}

function timeline(steps: readonly Step[]): Html {
  return html`<section>
    <h2>The requests</h2>
    <p class="quiet">Secrets, codes and tokens are masked. Open a request to see its parameters.</p>
    <ol class="steps">
      ${steps.map(
        ({ name, method, path, status, milliseconds, error, parameters }) =>
          html`<li>
            <details>
              <summary>
                <strong>${name}</strong> <code>${method} ${path}</code>
                <span class="${status > 0 && status < 400 ? 'good' : 'bad'}"
                  >${status || 'no answer'} ${error}</span
                >
                <span>${duration(milliseconds)}</span>
              </summary>
              <dl>
                ${parameters.map(
                  ([key, value]) =>
                    html`<dt>${key}</dt>
                      <dd><code>${value}</code></dd>`,
                )}
              </dl>
            </details>
          </li>`,
      )}
    </ol>
  </section>`
}

function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = Math.floor(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

const action = (path: string, label: string, style = 'secondary'): Html =>
  html`<form method="post" action="${path}"><button class="${style}">${label}</button></form>`
