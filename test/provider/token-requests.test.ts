import { expect, test, vi } from 'vitest'
import { connect, consent, redeem } from '../support/flow.ts'
import { audience, startServer } from '../support/server.ts'

const other = 'https://other.example.test'

test('a token for another API is not issued to a request that names this one', async () => {
  const server = await startServer({
    configure: (configuration) => {
      const { resourceIndicators: own } = configuration.features ?? {}
      const getResourceServerInfo: NonNullable<NonNullable<typeof own>['getResourceServerInfo']> = (
        ctx,
        resource,
        client,
      ) =>
        resource === other
          ? { audience: other, scope: client.scope ?? '' }
          : own!.getResourceServerInfo!(ctx, resource, client)
      const resourceIndicators = { ...own, getResourceServerInfo }
      return { ...configuration, features: { ...configuration.features, resourceIndicators } }
    },
  })
  // As a host would that has two APIs: a consent covers both.
  const { prototype } = server.provider.Grant
  type Add = (this: object, resource: string, scope: unknown) => void
  const add = Reflect.get(prototype, 'addResourceScope') as Add
  prototype.addResourceScope = function addToBoth(resource, scope) {
    add.call(this, resource, scope)
    add.call(this, other, scope)
  }
  const consented = await consent(server.issuer, { params: { resource: other } })
  const refused = await redeem(server.issuer, consented, undefined, { resource: audience })
  expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
  expect(await redeem(server.issuer, consented)).toMatchObject({ status: 200 })
  await server.close()
})

test.each(['authorization_code.consumed', 'access_token.saved', 'refresh_token.saved'] as const)(
  'a listener of %s that throws costs no tokens, and the process warns',
  async (event) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const server = await startServer()
    server.provider.on(event as 'access_token.saved', () => {
      throw new Error('of the host')
    })
    expect(await connect(server.issuer)).toHaveProperty('refresh_token')
    expect(warned.mock.calls.map(([warning]) => String(warning))).toContain('Error: of the host')
    warned.mockRestore()
    await server.close()
  },
)
