import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { doors, useDoors } from '../support/doors.ts'
import { consent } from '../support/flow.ts'
import { register } from '../support/registered.ts'
import { readSelf, replaceSelf, selfRegister, toReplacement } from '../support/self-registered.ts'
import { confidential, startServer } from '../support/server.ts'
import type { Storage } from '../../lib/index.ts'

// Redirect URIs with a parameter that the answer sets as well: the client could not tell one from the other.

useDoors()

const good = 'https://nordvind.example.test/callback'

const taken = [
  `${good}?code`,
  `${good}?x=1&state=registered`,
  `${good}?iss=`,
  `${good}?error=a`,
  `${good}?error_description=a`,
  `${good}?error_uri=a`,
  `${good}?%63ode=x`,
  `${good}?st%61te`,
]

const free = [
  `${good}?state_=1`,
  `${good}?codes=1&xstate=2&State=3`,
  `${good}?to=/cb?code=1`,
  `${good}?error%20=1`,
  `${good}/code?x=state`,
]

describe.each(doors.filter(([name]) => name !== 'by the options'))('%s', (_, refused) => {
  test.each(taken)('%s is refused', async (uri) => {
    expect(await refused({ redirect_uris: [good, uri] })).toEqual(['redirect_uris[1]'])
  })

  test('a query with other parameters is taken', async () => {
    expect(await refused({ redirect_uris: free })).toEqual([])
  })
})

describe('a client that was registered with one before', () => {
  const old = `${good}?state=registered`
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  beforeEach(() => void process.on('warning', listen))
  afterEach(() => {
    process.off('warning', listen)
    warnings.length = 0
  })
  async function warned(): Promise<string> {
    await expect.poll(() => warnings.map(({ name }) => name)).toContain('ClientWarning')
    return warnings.map(({ message }) => message).join('\n')
  }

  /** Changes what is stored, as a version of this server without the rule stored it. */
  async function storeOld(storage: Storage, clientId: string): Promise<void> {
    const records = storage.records('Client')
    const stored = await records.find(clientId)
    const changed = { ...stored, redirect_uris: [old], version: 'old' }
    expect(await records.swap(clientId, changed, stored?.['version'] as string)).toBe(true)
  }

  test('goes on, may keep it, and is named at start', async () => {
    const storage = createMemoryAdapter()
    const server = await startServer({ storage, clients: [] })
    const client = await register(server.clients)
    await storeOld(storage, client.client_id)
    const again = await startServer({ storage, clients: [] })

    const asked = { ...client, redirect_uris: [old] }
    const { redirect } = await consent(again.issuer, { client: asked, params: { state: 'sent' } })
    expect(redirect.href.startsWith(`${old}&`)).toBe(true)
    expect(redirect.searchParams.getAll('state')).toEqual(['registered', 'sent'])

    const { clientId } = await again.clients.update(client.client_id, {
      redirect_uris: [old, good],
    })
    await expect(
      again.clients.update(clientId, { redirect_uris: [old, `${good}?iss=x`] }),
    ).rejects.toThrow(/redirect_uris\[1\]/)

    await again.check()
    expect(await warned()).toMatch(new RegExp(`${clientId}: redirect_uris\\[0\\].* state `))
    await Promise.all([server.close(), again.close()])
  })

  test('may keep it when it manages itself', async () => {
    const storage = createMemoryAdapter()
    const server = await startServer({ storage, clients: [], registration: {} })
    const itself = await selfRegister(server, { client_name: 'By itself' })
    await storeOld(storage, itself.client_id)
    const replaced = (redirect_uris: readonly string[]) =>
      replaceSelf(itself, toReplacement(itself, { scope: 'companies:read', redirect_uris }))
    expect((await replaced([old, good])).status).toBe(200)
    expect((await replaced([`${old}x`, good])).status).toBe(400)
    expect((await readSelf(itself)).text).toContain(old)
    await server.close()
  })

  test('goes on if the options give it, and is named at start', async () => {
    const server = await startServer({ clients: [{ ...confidential, redirect_uris: [good, old] }] })
    expect(await warned()).toMatch(/client ledger: redirect_uris\[1\].* state /)
    await server.close()
  })
})
