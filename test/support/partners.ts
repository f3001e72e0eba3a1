import { pleoScopes, type ClientMetadata } from '../../lib/index.ts'
import { eightyLong } from './crowd.ts'

// The clients that the browser tests bring to the running example, in the shape of its `CLIENTS_FILE`.

const scope = 'export-jobs:read export-jobs:write companies:read users:read'

type PartnerName =
  | 'plain'
  | 'verified'
  | 'trial'
  | 'reader'
  | 'optional'
  | 'everything'
  | 'organization'
  | 'long'
  | 'rightToLeft'

const partner = (
  client_id: string,
  client_name: string,
  more: Partial<ClientMetadata> = {},
  host = 'ledger.example.test',
): ClientMetadata => ({
  client_id,
  client_secret: `secret-of-${client_id}`,
  client_name,
  client_uri: `https://${host}/pleo`,
  contacts: [`support@${host}`],
  tos_uri: `https://${host}/terms`,
  policy_uri: `https://${host}/privacy`,
  settings_uri: `https://${host}/settings`,
  redirect_uris: [`https://${host}/callback`],
  scope,
  ...more,
})

export const partners: Readonly<Record<PartnerName, ClientMetadata>> = {
  plain: partner('plain', 'Harbour Ledger'),
  verified: partner('verified', 'Fjord Payroll', { verified: true }, 'fjord.example.test'),
  trial: partner(
    'trial',
    'Sandbox Reports',
    { test: true, initiation_uri: 'https://sandbox.example.test/connect' },
    'sandbox.example.test',
  ),
  reader: partner('reader', 'Quiet Reader', { scope: 'companies:read users:read' }),
  optional: partner('optional', 'Modest Ledger', {
    verified: true,
    optional_scope: 'users:read export-jobs:write',
  }),
  everything: partner('everything', 'Everything Ledger', {
    scope: Object.keys(pleoScopes).join(' '),
  }),
  organization: partner('organization', 'Group Consolidation', {
    subject_type_preference: 'organization',
  }),
  long: partner('long', eightyLong('Consolidated'), {
    client_uri: `https://${'very-long-label.'.repeat(5)}example.test/`,
    contacts: [`${'department-of-support.'.repeat(3)}all@example.test`],
  }),
  rightToLeft: partner('right-to-left', 'دفتر الشمال', { verified: true }),
}
