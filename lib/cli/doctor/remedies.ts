/** Something that is wrong, or will be. */
export interface Finding {
  /** The kind of finding. It is stable, for programs. */
  readonly code: string
  readonly severity: Severity
  /** Where it was found: an option, a client, a URL. */
  readonly place: string
  /** One sentence that says what is wrong. It never has a secret. */
  readonly message: string
  readonly fix: string
  /** The page that says more, in the repository and in the package. */
  readonly page: string
}

/** `error`: something does not work, or is open to strangers. `warning`: something will be lost when its time comes. */
export type Severity = 'error' | 'warning'

/** A part that was not looked at. */
export interface Omission {
  readonly part: string
  /** How to include it. */
  readonly how: string
}

/** The findings of a search, and the parts that it left out. */
export interface Examined {
  readonly findings: readonly Finding[]
  readonly omissions: readonly Omission[]
}

/** Puts the results of several searches together. */
export const together = (all: readonly Examined[]): Examined => ({
  findings: all.flatMap(({ findings }) => findings),
  omissions: all.flatMap(({ omissions }) => omissions),
})

type Remedy = readonly [severity: Severity, fix: string]

/** Every code that the doctor knows. docs/doctor.md has a heading for each. */
export const remedies: Readonly<Record<string, Remedy>> = {
  options_wrong: [
    'error',
    'Correct the option; createAuthorizationServer() starts with none that is wrong.',
  ],
  refused: [
    'error',
    'Correct the user, the password or the rights of the user (docs/operations.md).',
  ],
  storage_unreachable: [
    'error',
    'Start the storage, correct its address, or remove the cause in the sentence above.',
  ],
  missing_storage_key: ['error', 'Give the earlier storage keys as well, behind the first.'],
  other_prefix: ['warning', 'Set --key-prefix to keyPrefix of the adapter, as the server has it.'],
  evicting_policy: ['error', 'Set maxmemory-policy to noeviction.'],
  cluster_node: ['error', 'Make the client with Cluster, or list several nodes in REDIS_URL.'],
  old_redis: ['error', 'Update Redis to version 7 or later.'],
  no_append_only: ['warning', 'Set appendonly yes and appendfsync everysec.'],
  memory_short: ['error', 'Give Redis more memory, or raise maxmemory.'],
  disk_failing: ['error', 'Make room on the disk, and let Redis write to its folder.'],
  replicas_not_required: ['warning', 'Set min-replicas-to-write 1.'],
  storage_clock: ['warning', 'Set the clocks of all machines by NTP.'],
  server_clock: ['warning', 'Set the clocks of all machines by NTP.'],
  api_clock: ['warning', 'Set the clocks of all machines by NTP.'],
  name_taken: ['error', 'Rename one of the two clients.'],
  look_alike_clients: ['warning', 'Suspend or remove those that you do not know.'],
  unusual_names: ['warning', 'Change these names, or suspend the clients that you do not know.'],
  answer_parameter: ['warning', 'Have the partner register a redirect URI without the parameter.'],
  logo_unavailable: ['warning', 'Ask the partner for a logo that pages can show.'],
  credentials_need_encoding: ['warning', 'Give the client a secret of generateClientSecret().'],
  client_breaks_rules: ['warning', 'Change the client with: npx pleo-oauth clients update.'],
  client_secret_ends: ['warning', 'Have the partner use its new secret before that.'],
  signing_key_old: ['warning', 'Rotate it with: npx pleo-oauth keys rotate.'],
  short_secret: ['error', 'Replace it with a secret of 32 random characters or more.'],
  guessable_secret: ['error', 'Replace it with random characters: npx pleo-oauth keys generate.'],
  example_secret: ['error', 'Replace it with a secret of your own: npx pleo-oauth keys generate.'],
  repeated_secret: ['error', 'Give each of them a secret of its own.'],
  example_people: ['error', 'Remove the people of the examples.'],
  unreachable: ['error', 'Start the server, and let DNS and proxies lead to it.'],
  wrong_scheme: [
    'error',
    'Correct the scheme in the issuer, or in --url, or put TLS before the server.',
  ],
  unavailable: ['error', 'Read the log of the server (server_error) and of the proxy.'],
  metadata_missing: ['error', 'Mount the application at the path of the metadata, too.'],
  other_issuer: [
    'error',
    'Set issuer to the URL that clients use, or lead the URL to this server.',
  ],
  guarded: [
    'error',
    'Put the authorization server before sign-ins, checks of forms and other routes.',
  ],
  wrong_prefix: [
    'error',
    'Mount it at the path of the issuer, and have proxies pass paths unchanged.',
  ],
  body_consumed: ['error', 'Put body parsers behind the authorization server.'],
  answer_changed: ['error', 'Leave the answers of the authorization server as they are.'],
  host_swallowed: ['error', 'Mount the authorization server at its own paths only.'],
  redirected: ['error', 'Set issuer to the URL that answers, or answer here without a redirect.'],
  certificate_invalid: ['error', 'Install a certificate that clients trust, with its whole chain.'],
  certificate_ends: ['warning', 'Renew the certificate, and find out why nothing renewed it.'],
  plain_http: ['error', 'Redirect plain HTTP to https, or refuse it.'],
  proxy_not_trusted: ['error', 'Name every proxy in trustedProxies.'],
  forwarded_for_missing: [
    'error',
    'Have the proxy add the address of its peer to X-Forwarded-For.',
  ],
  forwarded_for_believed: [
    'error',
    'Have the proxy add the address of its peer to X-Forwarded-For.',
  ],
  other: ['warning', 'Do what the sentence says.'],
}

/** Makes a finding. Codes of storages, and of later versions of the server, may be unknown here. */
export function toFinding(code: string, place: string, message: string): Finding {
  const known = Object.hasOwn(remedies, code) ? code : 'other'
  const [severity, fix] = remedies[known] ?? ['warning', '']
  return { code, severity, place, message, fix, page: `docs/doctor.md#${known}` }
}
