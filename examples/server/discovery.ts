import * as oauth from 'openid-client'
import type { ConfidentialClient } from './clients.ts'
import { notedFetch } from './partner-timeline.ts'

/**
 * Looks up the authorization server's metadata when it is first needed, and keeps it. A failure is
 * not kept: the next call tries again.
 */
export function createDiscovery(
  issuer: string,
  client: ConfidentialClient,
): () => Promise<oauth.Configuration> {
  let found: Promise<oauth.Configuration> | undefined
  return () => {
    found ??= discover(issuer, client).catch((error: unknown) => {
      found = undefined
      throw error
    })
    return found
  }
}

async function discover(issuer: string, client: ConfidentialClient): Promise<oauth.Configuration> {
  const url = new URL(issuer)
  const authentication = oauth.ClientSecretBasic(client.client_secret)
  const configuration = await oauth.discovery(url, client.client_id, undefined, authentication, {
    algorithm: 'oauth2',
    timeout: 10,
    execute: url.protocol === 'http:' ? [oauth.allowInsecureRequests] : [],
  })
  configuration[oauth.customFetch] = notedFetch
  return configuration
}
