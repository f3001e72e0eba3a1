import { expect, test } from 'vitest'
import { replaceSelf, selfRegister, toReplacement } from '../support/self-registered.ts'
import { useServer } from '../support/server.ts'

const server = useServer({ registration: {} })

/** A client that registered itself, and what somebody who looked at it saw. */
async function look() {
  const partner = await selfRegister(server)
  const seen = (await server.clients.find(partner.client_id))?.metadata
  if (!seen) throw new Error('it is not there')
  return { partner, seen, id: partner.client_id }
}

test('what was looked at is marked as verified', async () => {
  const { id, seen } = await look()
  const { metadata } = await server.clients.update(id, { verified: true }, { seen })
  expect(metadata.verified).toBe(true)
})

test('what a client is not any more is not marked, and nothing is changed', async () => {
  const { partner, id, seen } = await look()
  const redirect_uris = ['https://other.example.test/cb']
  const answer = await replaceSelf(partner, { ...toReplacement(partner), redirect_uris })
  expect(answer.status).toBe(200)
  const late = server.clients.update(id, { verified: true, test: true }, { seen })
  await expect(late).rejects.toMatchObject({
    name: 'ClientMetadataError',
    issues: [{ path: 'client', code: 'client_changed' }],
  })
  const {
    verified,
    test: isTest,
    redirect_uris: now,
  } = (await server.clients.find(id))?.metadata ?? {}
  expect([verified, isTest, now]).toEqual([undefined, undefined, redirect_uris])
})

test('a use of its secret, or a new one, is no other client', async () => {
  const { id, seen } = await look()
  await server.clients.rotateSecret(id)
  await server.clients.suspend(id)
  const { metadata } = await server.clients.update(id, { verified: true }, { seen })
  expect(metadata.verified).toBe(true)
})
