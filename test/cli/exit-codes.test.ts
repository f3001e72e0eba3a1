import { describe, expect, test } from 'vitest'
import { startRedisCommands } from '../support/redis-commands.ts'

const commands = startRedisCommands([])
const nobody = '00000000-0000-4000-8000-000000000000'

const codes: readonly (readonly [code: number, why: string, calls: readonly string[]])[] = [
  [0, 'it is done', ['--help', '--version', 'clients --help', 'help clients', 'clients list']],
  [
    1,
    'it cannot be done',
    [
      `clients show ${nobody}`,
      `clients remove ${nobody} --yes`,
      `clients update ${nobody} --test`,
      `connections revoke ${nobody} --yes`,
      `connections revoke --client ${nobody} --yes`,
      'views copy /dev/null/nowhere',
      'views preview /nowhere',
      'keys rotate --cookies',
    ],
  ],
  [
    2,
    'it was called wrongly',
    [
      '',
      'clints',
      'clients',
      'clients lst',
      'clients show',
      'clients list too many',
      'clients list --nope',
      'clients list --config a.js --key-prefix b:',
      'clients create --name x',
      `clients update ${nobody}`,
      `clients rotate ${nobody} --old-ends-in never`,
      'connections list',
      'connections list bakery',
      'connections revoke',
      'connections revoke some-grant --yse',
      'connections revoke some-grant --client x --yes',
      'connections revoke some-grant --subject x --yes',
      'doctor --config /nowhere.js',
      'keys generate',
      'keys rotate --now --cookies',
      'try',
      'try --issuer nowhere --client-id x',
      'views preview --port many',
      'views preview --time-zone nowhere',
    ],
  ],
]

describe.each(codes)('the process ends with %d if %s', (code, _, calls) => {
  test.each(calls.map((call) => [call]))('pleo-oauth %s', async (call) => {
    const { code: ended, stderr } = await commands.run(...call.split(' ').filter(Boolean))
    expect([ended, stderr === '']).toEqual([code, code === 0])
  })
})
