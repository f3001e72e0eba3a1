import { expect, test } from 'vitest'
import { consent, redeem } from './flow.ts'
import { noteSecret, searchLogs } from './searched-logs.ts'
import { confidential, useServer } from './server.ts'

const server = useServer()

test.each(['access token', 'refresh token', 'code', 'code verifier', 'client secret'] as const)(
  'if the host is told of a %s in an error, the test file fails',
  async (kind) => {
    noteSecret(confidential.client_secret)
    const consented = await consent(server.issuer)
    const { body } = await redeem(server.issuer, consented)
    const secret = {
      'access token': body['access_token'],
      'refresh token': body['refresh_token'],
      code: consented.code,
      'code verifier': consented.verifier,
      'client secret': confidential.client_secret,
    }[kind]
    server.app.emit('error', new Error('harmless'))
    server.app.emit('error', new Error('failed', { cause: { form: `value=${String(secret)}` } }))
    expect(searchLogs).toThrow('A secret was told to the host')
  },
)
