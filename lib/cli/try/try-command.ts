import { Command, InvalidArgumentError, Option } from 'commander'
import { parseSubject } from '../../pleo/subject.ts'
import { isLoopbackOrHttps } from '../../validation/url.ts'
import type { RedirectUri, TryOptions } from './partner.ts'
import { runTry } from './try-out.ts'

/** The redirect URI to register for a client that is tried out. */
const ownRedirectUri = 'http://127.0.0.1:8910/callback'

/** Creates `try`, which performs a flow as a client does. */
export const createTryCommand = (): Command =>
  new Command('try')
    .description('perform an authorization code flow against a running server, as a client does')
    .requiredOption(
      '--issuer <url>',
      'the authorization server, exactly as in its metadata',
      toIssuer,
    )
    .requiredOption('--client-id <id>', 'the client to be')
    .option('--client-secret-file <file>', 'file with its secret, in place of CLIENT_SECRET')
    .addOption(new Option('--public', 'it has no secret: do not ask').conflicts('clientSecretFile'))
    .option('--scope <scope...>', 'scopes to ask for, one or more')
    .option('--subject <urn>', 'the company or organization to connect', toSubject)
    .addOption(
      new Option('--redirect-uri <uri>', 'one that is registered for the client, on loopback')
        .argParser(toRedirectUri)
        .default(toRedirectUri(ownRedirectUri), ownRedirectUri),
    )
    .option('--par', 'push the authorization request (RFC 9126)')
    .option('--dpop', 'bind the tokens to a key (RFC 9449)')
    .option('--refresh', 'refresh once')
    .option('--revoke', 'revoke at the end, also when something fails')
    .option('--show-tokens', 'print the tokens, and not only how they begin')
    .option('--timeout <seconds>', 'how long the person may take', toSeconds, 300)
    .option('--json', 'print JSON, for scripts')
    .addHelpText(
      'after',
      `
The redirect URI must be registered for the client, letter for letter. This command listens on it and prints the URL to
open. It prints each request on stderr, with codes and tokens masked, and the result on stdout.

On a terminal, the command asks for the client secret, and does not show it. Away from a terminal, the secret comes from
CLIENT_SECRET or a file. Without a secret, the client is public.

It also ends with 1 if the server answers but is at fault: the new access token is not active, or an access token is still
active after it was refreshed or revoked.

Examples:
  pleo-oauth try --issuer http://localhost:3000 --client-id try --public \\
    --scope companies:read
  pleo-oauth try --issuer https://auth.example.com --client-id <client-id> \\
    --scope companies:read users:read --refresh --revoke \\
    --redirect-uri http://localhost:4000/callback
  CLIENT_SECRET=$(jq -r .secret registered.json) pleo-oauth try \\
    --issuer https://auth.example.com --client-id <client-id> \\
    --scope companies:read --json`,
    )
    .action((options: TryOptions) => runTry(options))

/** Reads the issuer. It must use `https` or be on this machine, because secrets and tokens are sent to it. */
function toIssuer(text: string): URL {
  const url = URL.parse(text)
  // In `localhost:3000`, URL.parse takes the host for a scheme.
  if (!url || !/^https?:\/\//i.test(text))
    throw new InvalidArgumentError('It must begin with https://, or http:// for loopback hosts.')
  if (!isLoopbackOrHttps(url))
    throw new InvalidArgumentError('It must use https, except for loopback hosts.')
  if (url.search || url.hash || url.username || url.password)
    throw new InvalidArgumentError('It must have no query, fragment, user name or password.')
  return url
}

/** Reads a redirect URI that this command can listen on. */
function toRedirectUri(text: string): RedirectUri {
  const url = URL.parse(text)
  if (!url || url.protocol !== 'http:' || !isLoopbackOrHttps(url))
    throw new InvalidArgumentError(
      'It must begin with http://127.0.0.1, http://[::1] or http://localhost.',
    )
  if (url.port === '0') throw new InvalidArgumentError('It must name the port to listen on.')
  if (text.includes('#') || url.username || url.password)
    throw new InvalidArgumentError('It must have no fragment, user name or password.')
  return { text, url }
}

function toSubject(text: string): string {
  const subject = parseSubject(text)
  if (subject) return subject.urn
  throw new InvalidArgumentError(
    'It must be urn:pleo:company:<uuid> or urn:pleo:organization:<uuid>.',
  )
}

function toSeconds(text: string): number {
  const seconds = Number(text)
  if (/^[1-9]\d*$/.test(text) && seconds <= 3600) return seconds
  throw new InvalidArgumentError('It must be a whole number from 1 to 3600.')
}
