import { Command } from 'commander'
import { withoutEmpty, type Administration } from '../../administration.ts'
import type { NewClientMetadata, RegisteredClient } from '../../index.ts'
import { createAsking } from './asking.ts'
import { refuseChanged } from './changed.ts'
import { findClient } from './find.ts'
import { toMetadata, withMetadataOptions, type MetadataOptions } from './metadata.ts'
import { Refusal } from '../terminal/refusal.ts'
import { runWith, withCommonOptions, type CommonOptions } from '../run.ts'
import { toJson } from '../terminal/text.ts'
import { checkLogos, toLogos, toPlainLogos } from './show-logos.ts'
import { toLookAlikes, toPlainLookAlikes } from './show-look-alikes.ts'
import { toClientPage, toClientTable, toCreated, toPlain, toSecretAnswer } from './show.ts'
import { checkUnset } from './unset.ts'
import { confirmVerified } from './verifying.ts'

/** What registers clients, shows and changes them. */
export const createRegistrationCommands = (): readonly Command[] => [
  createCreateCommand(),
  createShowCommand(),
  createListCommand(),
  createUpdateCommand(),
]

function createCreateCommand(): Command {
  const command = withMetadataOptions(new Command('create'))
    .description('register a client; a confidential one gets a secret, shown this once')
    .option('--public', 'without a secret: for applications that cannot keep one')
    .option('--native', 'on a person’s own machine: redirect URIs may have a private scheme')
    .addHelpText(
      'after',
      `
On a terminal, you are asked for the name, the redirect URIs and the scopes that are left out, and once more
where an answer is wrong.

Examples:
  pleo-oauth clients create
  pleo-oauth clients create --name "Northwind Ledger" \\
    --redirect-uri https://ledger.example/callback \\
    --scope companies:read export-jobs:write
  (umask 077 && \\
    pleo-oauth clients create --metadata client.json --json > registered.json)`,
    )
  return withCommonOptions(command).action((options: MetadataOptions & CommonOptions) =>
    runWith(options, async (administration) => {
      const given = withoutEmpty(toMetadata(options)) as NewClientMetadata
      const created = await createAsking(administration, given)
      const { client, secret = null } = created
      const found = await administration.clients.findLookAlikes(client.clientId)
      return toSecretAnswer(
        created,
        options.json
          ? toJson({ client: { ...toPlain(client), ...toPlainLookAlikes(found) }, secret })
          : toCreated(created, 'Registered') + toLookAlikes(found),
      )
    }),
  )
}

function createShowCommand(): Command {
  const command = new Command('show')
    .description('show a client, and whether its old secret is safe to end')
    .argument('<client-id>')
    .addHelpText(
      'after',
      `
Examples:
  pleo-oauth clients show 0b8f7f3e-6f0c-4b53-9a26-6f4f2c1c7f5a
  pleo-oauth clients show 0b8f7f3e-6f0c-4b53-9a26-6f4f2c1c7f5a --json`,
    )
  return withCommonOptions(command).action((id: string, options: CommonOptions) =>
    runWith(options, async (administration) => {
      const client = await findClient(administration.clients, id, options)
      return show(administration, client, options)
    }),
  )
}

function createListCommand(): Command {
  const command = new Command('list')
    .description('list all registered clients, from the oldest to the newest')
    .addHelpText(
      'after',
      `
Examples:
  pleo-oauth clients list
  pleo-oauth clients list --json | \\
    jq -r '.[] | select(.isSelfRegistered).clientId'`,
    )
  return withCommonOptions(command).action((options: CommonOptions) =>
    runWith(options, async ({ clients }) => {
      const all = await clients.list()
      return options.json ? toJson(all.map((client) => toPlain(client))) : toClientTable(all)
    }),
  )
}

interface UpdateOptions extends MetadataOptions, CommonOptions {
  readonly yes?: boolean
}

function createUpdateCommand(): Command {
  const command = withMetadataOptions(new Command('update'))
    .description('change what a client is registered with; what is left out stays')
    .argument('<client-id>')
    .option('--unset <member...>', 'members to take away, by their RFC 7591 names')
    .option('--yes', 'do not ask whether a client that registered itself has been checked')
    .addHelpText(
      'after',
      `
A list is replaced as a whole: name every redirect URI that is to be there. What is to be unset must be there.
Where a client that registered itself is marked as verified, what it is trusted by is shown, and asked about.

Examples:
  pleo-oauth clients update <client-id> \\
    --logo-uri https://ledger.example/logo.png
  pleo-oauth clients update <client-id> --no-test --unset tos_uri policy_uri`,
    )
  return withCommonOptions(command).action((id: string, options: UpdateOptions) =>
    runWith(options, async (administration) => {
      const { clients } = administration
      const changes = toMetadata(options)
      if (Object.keys(changes).length === 0)
        throw new Refusal('say what to change: there is no option for it (--help lists them)')
      const client = await findClient(clients, id, options)
      if (options.unset) checkUnset(options.unset, client)
      const seen = await confirmVerified(client, changes, options.yes === true)
      const updated = await clients.update(id, changes, seen).catch(refuseChanged('client'))
      return show(administration, updated, options)
    }),
  )
}

/** A client, as it was asked for, with its logos and with those that look like it and claim no name. */
async function show(
  { clients, provider }: Administration,
  client: RegisteredClient,
  { json }: CommonOptions,
): Promise<string> {
  const found = await clients.findLookAlikes(client.clientId)
  const logos = await checkLogos(client, provider?.issuer)
  return json
    ? toJson({ ...toPlain(client), ...toPlainLookAlikes(found), ...toPlainLogos(logos) })
    : toClientPage(client) + toLogos(logos) + toLookAlikes(found)
}
