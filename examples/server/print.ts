import type { RefusedRequest } from 'pleo-oauth-server'
import { bundledPassword } from './bundled-people.ts'
import type { Example } from './start.ts'
import { wrap } from './wrap.ts'

/** Says where everything is, who can sign in, and what to open. */
export function printStarted(example: Example): void {
  const { issuer, authorizationServer, api, app, metrics, place, signIns, ownPeople, theme } =
    example
  const behind = issuer === authorizationServer ? '' : ` (listening on ${authorizationServer})`
  const width = Math.max(...signIns.map(({ email }) => email.length))
  const password = ownPeople ? 'passwords as in PEOPLE_FILE' : `password ${bundledPassword}`
  const lines = [
    '',
    `Authorization server         ${issuer}${behind}`,
    `Example API                  ${api}`,
    `Example partner application  ${app}`,
    ...(metrics ? [`Metrics                      ${metrics}`] : []),
    '',
    `Everything is kept in ${place}.`,
    ...(theme ? [`Pages have the theme ${theme}.`] : []),
    '',
    `Sign in as (${password}):`,
    ...signIns.map(({ name, email, who }) => `  ${email.padEnd(width)}  ${name}, ${who}`),
    '',
    ...example.generated.flatMap(({ name, clientId, clientSecret }) => [
      `Made for the client ${name}, shown only now:`,
      ...(clientId ? [`  client_id      ${clientId}`] : []),
      ...(clientSecret ? [`  client_secret  ${clientSecret}`] : []),
      '',
    ]),
    `Open ${app} and click "Connect to Pleo". Ctrl+C ends it.`,
  ]
  console.log(wrap(lines.join('\n'), process.stdout.columns))
}

/** Says in one line why a request was refused. Its answer has the same request id. */
export function printRefused(refused: RefusedRequest): void {
  const { method, path, status, error, reason, clientId, requestId } = refused
  const client = clientId === null ? '' : ` client=${JSON.stringify(clientId)}`
  const words = JSON.stringify(reason)
  console.error(
    `refused ${method} ${path} ${status} ${error} ${words}${client} request=${requestId}`,
  )
}

/** Says why the example cannot start, and what is wrong and right again while it runs. */
export function printProblem(message: string): void {
  console.error(wrap(message, process.stderr.columns))
}
