import { expect, test } from 'vitest'
import { checkUnset } from '../../lib/cli/clients/update-command.ts'
import { toMetadata } from '../../lib/cli/clients/client-options.ts'

const client = {
  clientId: 'some-id',
  metadata: {
    client_id: 'some-id',
    client_name: 'Ledger',
    'client_name#da': 'Regnskab',
    test: true,
  },
  createdAt: 0,
  updatedAt: 0,
  suspendedAt: undefined,
  isSelfRegistered: false,
  claimsNames: true,
  secrets: [],
}

test('what a client has can be unset, also in a language', () => {
  expect(() => checkUnset(['test', 'client_name#da'], client)).not.toThrow()
})

test.each([
  ['client_nam', 'did you mean client_name?'],
  ['client_name#de', 'did you mean client_name#da?'],
  ['tos_uri', 'it has client_name, client_name#da, test'],
  ['made-up', 'it has client_name, client_name#da, test'],
  ['client_id', 'it has client_name, client_name#da, test'],
  ['constructor', 'it has client_name, client_name#da, test'],
])('%s is nothing that it has', (name, hint) => {
  expect(() => checkUnset(['test', name], client)).toThrow(
    `nothing was changed: the client has no ${name} (${hint})`,
  )
})

test.each([
  ['/nowhere.json', 'there is no such file'],
  ['/', 'it is a folder'],
])('a file with metadata at %s cannot be read, and why is said', (metadata, why) => {
  expect(() => toMetadata({ metadata })).toThrow(`${metadata} cannot be read: ${why}`)
})
