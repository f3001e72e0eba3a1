import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { ClientMetadataError, type LogoWarning, type Storage } from '../../lib/index.ts'
import { doors, useDoors } from '../support/doors.ts'
import { register, registration } from '../support/registered.ts'
import { readSelf, replaceSelf, selfRegister, toReplacement } from '../support/self-registered.ts'
import { confidential, startServer, type RunningServer } from '../support/server.ts'

// Logos that pages would never show are refused when a client comes in.

useDoors()

const good = 'https://nordvind.example.test/logo.png'
const wrong = 'https://nordvind.example.test/logo.svg'

describe.each(doors.filter(([name]) => name !== 'by the options'))('%s', (_, refused) => {
  test.each([
    wrong,
    'https://nordvind.example.test/LOGO.SVG?size=48',
    'https://nordvind.example.test/logo.svgz',
    'https://nordvind.example.test/favicon.ico',
    'data:image/png;base64,iVBORw0KGgo=',
    'http://nordvind.example.test/logo.png',
    'https://10.0.0.1/logo.png',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00:ec2::254]/logo.png',
    'https://[::ffff:192.168.0.1]/logo.png',
  ])('a logo at %s is refused, in any language', async (uri) => {
    expect(await refused({ logo_uri: uri })).toEqual(['logo_uri'])
    expect(await refused({ logo_uri: good, 'logo_uri#da': uri })).toEqual(['logo_uri#da'])
  })

  test.each([
    good,
    'https://nordvind.example.test/logo',
    'https://nordvind.example.test/x?f=a.svg',
  ])('a logo at %s is taken', async (uri) => {
    expect(await refused({ logo_uri: uri })).toEqual([])
  })
})

describe('loopback hosts', () => {
  const loopback = ['http://localhost:4000/l.png', 'https://127.0.0.1/l.png', 'https://[::1]/l.png']
  const start = (issuer?: string): Promise<RunningServer> =>
    startServer({ clients: [], registration: {}, ...(issuer !== undefined && { issuer }) })
  const codes = (server: RunningServer, logo_uri: string): Promise<readonly string[]> =>
    server.clients
      .create({
        ...registration,
        client_name: `Logo ${URL.parse(logo_uri)?.hostname.replaceAll(/[^a-z0-9.]/g, ' ') ?? ''} ${logo_uri.length}`,
        logo_uri,
      })
      .then(
        () => [],
        (error: unknown) => {
          if (!(error instanceof ClientMetadataError)) throw error
          return error.issues.map(({ path, code }) => `${path} ${code}`)
        },
      )

  test('are taken in development', async () => {
    const server = await start()
    for (const uri of loopback) expect(await codes(server, uri)).toEqual([])
    await server.close()
  })

  test('are refused in production, as they are never asked', async () => {
    const server = await start('https://auth.example.test')
    expect(await codes(server, loopback[0] ?? '')).toEqual(['logo_uri invalid_uri'])
    for (const uri of [
      ...loopback.slice(1),
      'https://localhost/l.png',
      'https://a.localhost/l.png',
    ])
      expect(await codes(server, uri)).toEqual(['logo_uri private_address'])
    expect(await codes(server, good)).toEqual([])
    await server.close()
  })
})

describe('a client that has such a logo from before', () => {
  const warnings: LogoWarning[] = []
  const listen = (warning: Error): void => {
    if ((warning as LogoWarning).code === 'logo_unavailable') warnings.push(warning as LogoWarning)
  }
  beforeEach(() => void process.on('warning', listen))
  afterEach(() => {
    process.off('warning', listen)
    warnings.length = 0
  })

  /** Changes what is stored, as a version of this server without the rule stored it. */
  async function storeOld(storage: Storage, clientId: string): Promise<void> {
    const records = storage.records('Client')
    const stored = await records.find(clientId)
    const changed = { ...stored, logo_uri: wrong, version: 'old' }
    expect(await records.swap(clientId, changed, stored?.['version'] as string)).toBe(true)
  }

  test('stays valid, may keep it, and is told of by check()', async () => {
    const storage = createMemoryAdapter()
    const server = await startServer({ storage, clients: [] })
    const { client_id: clientId } = await register(server.clients)
    await storeOld(storage, clientId)
    await server.clients.update(clientId, { test: true })
    await expect(server.clients.update(clientId, { logo_uri: `${wrong}?2` })).rejects.toThrow(
      'logo_uri names a logo that pages cannot show: it must be a PNG, JPEG, WebP or GIF file',
    )
    expect((await server.clients.find(clientId))?.metadata.logo_uri).toBe(wrong)
    await server.check()
    await server.check()
    await expect.poll(() => warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ clientId, logoUri: wrong, reason: 'unsupported_format' })
    await server.close()
  })

  test('may keep it when it manages itself', async () => {
    const storage = createMemoryAdapter()
    const server = await startServer({ storage, clients: [], registration: {} })
    const itself = await selfRegister(server, { client_name: 'By itself' })
    await storeOld(storage, itself.client_id)
    const replaced = (logo_uri: string) =>
      replaceSelf(itself, toReplacement(itself, { ...registration, logo_uri }))
    expect((await replaced(wrong)).status).toBe(200)
    expect((await replaced(`${wrong}?2`)).status).toBe(400)
    expect((await readSelf(itself)).text).toContain(wrong)
    await server.close()
  })

  test('goes on if the options give it, and is told of at start', async () => {
    const clients = [{ ...confidential, 'logo_uri#da': wrong }]
    const server = await startServer({ clients })
    await expect.poll(() => warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ clientId: 'ledger', logoUri: wrong })
    await server.close()
  })
})
