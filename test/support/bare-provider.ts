import { generateKeyPairSync } from 'node:crypto'
import Provider, { type AdapterFactory, type AdapterPayload } from 'oidc-provider'

/** Records in a map, for a provider that has nothing of ours. */
function createPlainAdapter(): AdapterFactory {
  const records = new Map<string, AdapterPayload>()
  const unasked = async (): Promise<undefined> => undefined
  return (model) => ({
    upsert: async (id, payload) => void records.set(model + id, payload),
    find: async (id) => records.get(model + id),
    destroy: async (id) => void records.delete(model + id),
    consume: unasked,
    findByUid: unasked,
    findByUserCode: unasked,
    revokeByGrantId: unasked,
  })
}

/** The framework without anything of ours. */
export function createBare(): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return new Provider('https://auth.example.test/below', {
    jwks: { keys: [privateKey.export({ format: 'jwk' })] },
    adapter: createPlainAdapter(),
    cookies: { keys: ['a key'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => '/interaction' },
    ttl: { Grant: 60 },
  })
}
