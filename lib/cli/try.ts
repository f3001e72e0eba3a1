import { Command, Option } from 'commander'
import { readSecret } from './try/secret.ts'
import { runTry, type TryOptions } from './try/run.ts'
import { toIssuer, toRedirectUri, toSeconds, toSubject } from './try/values.ts'

/** The redirect URI to register for a client that is tried out. */
const ownRedirectUri = 'http://127.0.0.1:8910/callback'

/** Walks the whole way of a client, for whoever wants to see it work. */
export function createTryCommand(): Command {
  const command = new Command('try')
    .description('perform an authorization code flow against a running server, as a client does')
    .requiredOption('--issuer <url>', 'the authorization server, as its metadata has it', toIssuer)
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
The redirect URI must be registered for the client, letter for letter. This command listens on it, prints the URL to
open, and says on stderr what is sent where; codes and tokens are masked. What came of it is on stdout.

On a terminal, you are asked for the client secret; it is not shown. Away from one it comes from CLIENT_SECRET or a
file, and a client without either is a public one.

It ends with 1 also where all was answered, and the server is at fault: the new access token is not active, or one is still
active that was refreshed or revoked.

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
  return command.action((options: TryOptions) =>
    runTry(command, options, () => readSecret(options)),
  )
}
