import assert from 'node:assert/strict'
import type { Storage } from '../../storage.ts'
import {
  credential,
  sampleGrant,
  sampleRefresh,
  sampleToken,
  type Contract,
  type StoredEntry,
} from './harness.ts'

const noDump = 'the harness has no dump'

/** The contract for the content of the storage, if the harness can read it. */
export const dumpContract: Contract = {
  'nothing stays for ever, but for clients and signing keys': async ({ storage, dump, skip }) => {
    if (!dump) return skip(noDump)
    await storage.records('Client').upsert('client', { client_id: 'client' })
    await storage.records('SigningKeys').insert('current', {})
    const endless = new Set((await dump()).map(({ key }) => key))
    await fill(storage)
    const entries = await dump()
    assert.ok(entries.length > endless.size)
    for (const { key, expiresIn } of entries) {
      if (endless.has(key)) continue
      assert.ok(expiresIn !== undefined, `no end: ${key}`)
    }
  },
  'no credential is kept as it is, and nothing about people': async ({ storage, dump, skip }) => {
    if (!dump) return skip(noDump)
    const secrets = await fill(storage)
    const entries = await dump()
    for (const secret of secrets) {
      const found = entries.find((entry) => holds(entry, secret))
      assert.equal(found, undefined, `kept as it is in ${found?.key}`)
    }
  },
  '10 000 refreshes leave no more behind than ten do': async ({ storage, dump, skip }) => {
    const { id, payload } = sampleGrant()
    let used = sampleToken(id, 600)
    await storage.grants.save(id, payload, 600)
    await storage.grants.add(id, 'RefreshToken', used)
    const sizes: number[] = []
    for (let generation = 0; generation < 10_000; generation += 1) {
      const refresh = sampleRefresh(used, generation)
      assert.equal(await storage.grants.exchange(id, refresh), 'exchanged')
      used = refresh.refreshToken
      if (dump && (generation === 9 || generation === 9999)) sizes.push(sizeOf(await dump()))
    }
    if (!dump) return skip(noDump)
    const [before = 0, after = 0] = sizes
    // The generation itself has four digits more.
    assert.ok(after <= before + 16, `${before} bytes became ${after}`)
  },
}

/** Stores one of everything; returns the values that must not be found. */
async function fill(storage: Storage): Promise<readonly string[]> {
  const ids = [
    'Session',
    'Interaction',
    'InteractionOutcome',
    'PushedAuthorizationRequest',
    'ClientCredentials',
    'DeviceCode',
  ].map((model) => ({ model, id: credential() }))
  const [uid, userCode, cookie, secret] = [credential(), 'WDJBMJHT', credential(), credential()]
  for (const { model, id } of ids) {
    const payload = {
      jti: id,
      session: { cookie },
      secret,
      ...(model === 'Session' && { uid }),
      ...(model === 'DeviceCode' && { userCode }),
    }
    await storage.records(model).upsert(id, payload, 60)
  }
  const replay = credential()
  await storage.records('ReplayDetection').insert(replay, {}, 60)
  const privatePart = credential()
  const keys = { keys: [{ jwk: { d: privatePart } }] }
  await storage.records('SigningKeys').upsert('current', { ...keys, version: 'first' })
  await storage.records('SigningKeys').swap('current', { ...keys, version: 'second' }, 'first')
  const { id, payload } = sampleGrant({ accountId: 'sofia@bakery.example' })
  const [code, access, refresh] = [sampleToken(id), sampleToken(id), sampleToken(id)]
  await storage.grants.save(id, payload, 600)
  await storage.grants.add(id, 'AuthorizationCode', code)
  await storage.grants.add(id, 'AccessToken', access)
  await storage.grants.add(id, 'RefreshToken', refresh)
  const next = sampleRefresh(refresh, 0)
  await storage.grants.exchange(id, next)
  const tokens = [code, access, refresh, next.refreshToken, next.accessToken]
  const values = [...ids.map((one) => one.id), ...tokens.map((token) => token.id)]
  return [...values, uid, userCode, cookie, secret, replay, privatePart, 'sofia@bakery.example']
}

const holds = ({ key, value }: StoredEntry, secret: string): boolean =>
  [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')].some(
    (form) => key.includes(form) || value.includes(form),
  )

const sizeOf = (entries: readonly StoredEntry[]): number =>
  entries.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
