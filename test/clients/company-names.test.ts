import { describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { ClientMetadataError, NewClientMetadata } from '../../lib/index.ts'
import { registration } from '../support/registered.ts'
import { confidential, startServer, useServer, type RunningServer } from '../support/server.ts'
import { companyNames } from '../support/company-names.ts'

// Signs that can be read as letters, and letters that hardly anybody writes, are in no new name.

const storage = createMemoryAdapter()
const server = useServer({ storage })

async function codesOf(
  members: NewClientMetadata,
  { clients }: Pick<RunningServer, 'clients'> = server,
): Promise<readonly string[]> {
  try {
    await clients.create({ ...registration, ...members })
    return []
  } catch (error) {
    return (error as ClientMetadataError).issues.map(({ code }) => code)
  }
}

test('two hundred companies can use their names', async () => {
  expect(new Set(companyNames).size).toBe(200)
  const refused: unknown[] = []
  for (const client_name of companyNames) {
    const codes = (await codesOf({ client_name })).filter((code) => code !== 'name_taken')
    if (codes.length > 0) refused.push([client_name, codes])
  }
  expect(refused).toEqual([])
})

test.each([
  'Ple◯',
  'P¦eo',
  '₱leo',
  'Pl€o',
  'P|eo',
  'P_eo',
  'Ple°',
  'Ple⃝',
  'Ple⓿',
  'Pl∃o',
  'P🍞eo',
  'Books #1',
  'Ple•',
])('a new name has no other sign: %s', async (client_name) => {
  const codes = await codesOf({ client_name })
  expect(codes.every((code) => ['unusual_sign', 'reserved_name'].includes(code))).toBe(true)
  expect(codes).toHaveLength(1)
  expect(await codesOf({ 'client_name#da': client_name, client_name: 'Bager' })).toEqual(codes)
})

test.each(['𐊓𐊊𐊆𐊫', 'ᏢᏞᎬᎾ', 'ⲠⲖⲈⲞ', '𐌐𐌋𐌄𐌏', 'ꓑꓡꓰꓳ', 'ᚠᚢᚦ', 'ᓚᘏᗢ'])(
  'a new name has no letters of scripts that hardly anybody writes: %s',
  async (client_name) => {
    const codes = await codesOf({ client_name })
    expect(codes.map((code) => /^(unusual_script|reserved_name)$/.test(code))).toEqual([true])
  },
)

describe('a client that has such a name already', () => {
  const name = 'Brød|Smør'

  test('keeps it, and gets no other one like it', async () => {
    const { clientId } = (await server.clients.create({ ...registration, client_name: 'Brød' }))
      .client
    const records = storage.records('Client')
    await records.upsert(clientId, { ...(await records.find(clientId)), client_name: name })
    await server.clients.update(clientId, { scope: 'users:read' })
    expect((await server.clients.find(clientId))?.metadata.client_name).toBe(name)
    await expect(server.clients.update(clientId, { client_name: 'Smør|Brød' })).rejects.toThrow(
      'must have no signs but',
    )
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
    await server.check()
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringContaining(clientId),
      { type: 'ClientWarning', code: 'unusual_names' },
    ])
    warn.mockRestore()
  })

  test('by the options is warned of when the server is created', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const other = await startServer({ clients: [{ ...confidential, client_name: 'Tea ☕' }] })
    expect(warn.mock.calls.flat()).toContainEqual(
      expect.stringContaining(`${confidential.client_id} (client_name)`),
    )
    warn.mockRestore()
    await other.close()
  })
})

test('the operator allows more signs, and each of those is read as any letter', async () => {
  const other = await startServer({ storage: createMemoryAdapter(), nameSigns: '☕◯|' })
  expect(await codesOf({ client_name: 'Tea ☕ Time' }, other)).toEqual([])
  for (const client_name of ['Ple◯', '◯leo', 'P☕e☕', 'My P|eo']) {
    expect(await codesOf({ client_name }, other)).toEqual(['reserved_name'])
  }
  expect(await codesOf({ client_name: 'Tea • Time' }, other)).toEqual(['unusual_sign'])
  await other.close()
})
