import { expect, test } from 'vitest'
import { listenTo } from '../support/audited.ts'
import { connectBound } from '../support/bound-tokens.ts'
import { createBrowser } from '../support/browser.ts'
import { createProofKeys } from '../support/dpop.ts'
import { consent, introspect, post, redeem, refresh, revoke } from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { registration, toCredentials } from '../support/registered.ts'
import { basic, pause } from '../support/requests.ts'
import { replaceSelf, selfRegister, toReplacement } from '../support/self-registered.ts'
import { confidential, openServer, withoutOverlap } from '../support/server.ts'

// A log of events is worthless to a thief.

test('no event of a whole life has a secret, a token, a code, a cookie or a password in it', async () => {
  const server = await openServer({ ...withoutOverlap, registration: {}, signingKeys: 'stored' })
  const { issuer } = server
  const { events } = listenTo(server)
  const secrets = new Set<string>([password, confidential.client_secret])
  const keep = (...values: readonly unknown[]): void =>
    values.forEach((value) => secrets.add(String(value)))

  const browser = createBrowser()
  const given = await consent(issuer, { browser })
  const { body: first } = await redeem(issuer, given)
  const { body: second } = await refresh(issuer, String(first['refresh_token']))
  const { body: third } = await refresh(issuer, String(second['refresh_token']))
  await introspect(issuer, String(third['access_token']))
  await revoke(issuer, String(third['access_token']))
  await refresh(issuer, String(first['refresh_token']))
  await pause(1100)
  await redeem(issuer, given)
  keep(given.code, given.verifier, ...[...browser.cookies.values()].map(({ value }) => value))
  for (const tokens of [first, second, third]) keep(tokens['access_token'], tokens['refresh_token'])

  const pushed = {
    client_id: confidential.client_id,
    redirect_uri: confidential.redirect_uris?.[0],
  }
  const { body } = await post(
    `${issuer}/oauth/par`,
    {
      ...pushed,
      response_type: 'code',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
      scope: 'companies:read',
    },
    basic(confidential),
  )
  keep(body['request_uri'], await connectBound(issuer, await createProofKeys()))

  const page = await createBrowser().go(`${issuer}/oauth/connections`)
  await createBrowser().submit(page, { username: 'wrong-password', password: 'wrong-password' })
  keep('wrong-password', String(/name="csrf"[^>]*value="([^"]+)"/.exec(page.text)?.[1]))

  const created = await server.clients.create({ ...registration, client_name: 'Walrus' })
  const { clientId } = created.client
  const invitation = await server.clients.createInitialAccessToken()
  await server.clients.endInitialAccessToken(invitation.token)
  const self = await selfRegister(server)
  await replaceSelf(self, toReplacement(self, { contacts: ['x@example.test'] }))
  const rotated = await server.clients.rotateRegistrationToken(self.client_id)
  keep(toCredentials(created).client_secret, (await server.clients.rotateSecret(clientId)).secret)
  keep(invitation.token, self.client_secret, self.registration_access_token, rotated.token)
  await server.signingKeys.rotate({ now: true })
  await server.connections.revoke({ clientId: confidential.client_id, subject: bakery })
  await server.clients.remove(clientId)

  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(15)
  expect(secrets.size).toBeGreaterThan(20)
  const log = JSON.stringify(events)
  expect([...secrets].filter((secret) => log.includes(secret))).toEqual([])
})
