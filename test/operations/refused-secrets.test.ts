import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { RefusedRequest } from '../../lib/index.ts'
import { createProofKeys, prove } from '../support/dpop.ts'
import { connect, consent } from '../support/flow.ts'
import { createRandom, times } from '../support/fuzzing.ts'
import { basic, send } from '../support/requests.ts'
import { confidential, publicClient, useServer } from '../support/server.ts'

const server = useServer({
  registration: {},
  anonymousRequests: { count: 1_000_000, bytes: 2 ** 30 },
})

const paths = [
  'token',
  'token/introspect',
  'token/revoke',
  'par',
  'authorize',
  'register',
  'register/x',
  'interaction/x',
  'sign-in',
]
const names = [
  'code',
  'code_verifier',
  'code_challenge',
  'refresh_token',
  'token',
  'client_secret',
  'client_assertion',
  'request',
  'request_uri',
  'password',
  'csrf',
  'state',
  'id_token_hint',
  'login_hint',
  'username',
]

test('no event and no record has a credential of its request', async () => {
  const random = createRandom()
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const events: RefusedRequest[] = []
  server.app.on('refused', (event) => void events.push(event))
  const { refresh_token, access_token } = await connect(server.issuer)
  const { code, verifier } = await consent(server.issuer)
  const keys = await createProofKeys()
  const known = [refresh_token, access_token, code, verifier, confidential.client_secret]
  const used = new Set<string>(known)
  const secret = (): string => {
    const text =
      random() < 0.3
        ? pick(known)
        : `s3cr3t${randomBytes(pick([6, 20, 40, 70])).toString('base64url')}`
    used.add(text)
    return text
  }
  const count = times(400)
  for (let sent = 0; sent < count; sent += 1) {
    const path = pick(paths)
    const fields = new URLSearchParams({
      grant_type: pick(['authorization_code', 'refresh_token', secret()]),
      client_id: pick(['ledger', 'mobile', 'nobody', secret()]),
      redirect_uri: pick([
        String(publicClient.redirect_uris?.[0]),
        `https://${'x'.repeat(9)}.test/${secret()}`,
      ]),
      response_type: pick(['code', secret()]),
      code_challenge_method: pick(['S256', 'plain', secret()]),
      resource: pick(['https://api.example.test', `https://api.example.test/${secret()}`]),
    })
    for (const name of names) if (random() < 0.25) fields.set(name, secret())
    const proof =
      random() < 0.2
        ? await prove(keys, pick([`${server.issuer}/oauth/${path}`, 'https://other.test/']))
        : {}
    const headers = {
      ...(random() < 0.4 && basic({ client_id: pick(['ledger', secret()]) }, secret())),
      ...(random() < 0.2 && {
        authorization: `${pick(['Bearer', 'Basic', secret()])} ${secret()}`,
      }),
      ...(random() < 0.3 && { cookie: `pleo_session=${secret()}; pleo_interaction=${secret()}` }),
      ...(random() < 0.2 && { accept: 'text/html' }),
      ...proof,
    }
    const url = `${server.issuer}/oauth/${path}`
    const isGet = path === 'authorize' ? random() < 0.9 : random() < 0.1
    await send(isGet ? `${url}?${fields}` : url, { headers, ...(!isGet && { body: fields }) })
  }
  await expect.poll(() => events.length, { interval: 50 }).toBeGreaterThan(count / 2)
  const records = await Promise.all(events.map(({ requestId }) => server.explain(requestId)))
  expect(records.flat().length).toBeGreaterThan(count / 3)
  const text = JSON.stringify([events, records])
  const found = [...used].filter(
    (one) => text.includes(one) || text.includes(encodeURIComponent(one)),
  )
  expect(found).toEqual([])
  expect(text).not.toContain('s3cr3t')
  // The sentences still say something.
  expect(new Set(events.map(({ reason }) => reason)).size).toBeGreaterThan(20)
})
