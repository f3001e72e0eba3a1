import { refuseUnknown } from '../config/did-you-mean.ts'
import { ClientMetadataError } from '../errors.ts'
import type { Clients } from './clients.ts'
import type { Registry } from './registry.ts'
import { checkRotation, withNewSecret } from './rotation.ts'
import { isLive, type StoredSecret } from './secrets.ts'
import { toRegisteredClient } from './shown-client.ts'

/** What is done to the secrets of a client. */
export function createSecretMethods({
  store,
  secrets,
}: Pick<Registry, 'store' | 'secrets'>): Pick<Clients, 'rotateSecret' | 'endOldSecrets'> {
  return {
    async rotateSecret(clientId, options = {}) {
      checkRotation(options)
      const secret = secrets.generate()
      const added: StoredSecret = secrets.toStored(clientId, secret, Date.now())
      const record = await store.change(clientId, (current) => {
        const { metadata, registration } = current
        if (metadata.token_endpoint_auth_method === 'none') throw publicClient()
        const all = withNewSecret(registration.secrets, added, options)
        return { ...current, registration: { ...registration, secrets: all } }
      })
      return { client: toRegisteredClient(record, Date.now()), secret }
    },
    async endOldSecrets(clientId, options = {}) {
      refuseUnknown(options, ['ids'])
      const { ids } = options
      const record = await store.change(clientId, (current, now) => {
        const { registration } = current
        const live = registration.secrets.filter((one) => isLive(one, now))
        if (ids && live.map(({ id }) => id).join() !== ids.join()) throw changedSecrets()
        if (live.length < 2) return current
        return { ...current, registration: { ...registration, secrets: live.slice(0, 1) } }
      })
      return toRegisteredClient(record, Date.now())
    },
  }
}

function changedSecrets(): Error {
  const message = 'are not those that were looked at: look again'
  return new ClientMetadataError([{ path: 'secrets', code: 'secrets_changed', message }])
}

function publicClient(): Error {
  const message = 'is "none": a public client has no secret'
  const path = 'token_endpoint_auth_method'
  return new ClientMetadataError([{ path, code: 'invalid_client', message }])
}
