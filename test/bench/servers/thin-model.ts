import type OAuth2Server from '@node-oauth/oauth2-server'
import type { Redis } from 'ioredis'
import { client, lifetimes } from '../fixture.ts'

type Model = OAuth2Server.AuthorizationCodeModel & OAuth2Server.RefreshTokenModel

interface Tokens extends OAuth2Server.Token {
  readonly refreshToken: string
  readonly accessTokenExpiresAt: Date
  readonly refreshTokenExpiresAt: Date
}

const registered: OAuth2Server.Client = {
  id: client.client_id,
  redirectUris: client.redirect_uris,
  grants: ['authorization_code', 'refresh_token'],
}

/** The model of the thin server: JSON under the token itself, and each rotation reads, deletes and writes in three steps. */
export function createThinModel(redis: Redis): Model {
  const read = async <T>(key: string): Promise<T | undefined> => {
    const text = await redis.get(key)
    return text === null ? undefined : (JSON.parse(text) as T)
  }
  const readToken = async (key: string): Promise<Tokens | undefined> => {
    const token = await read<Tokens>(key)
    // JSON has no dates.
    return (
      token && {
        ...token,
        accessTokenExpiresAt: new Date(token.accessTokenExpiresAt),
        refreshTokenExpiresAt: new Date(token.refreshTokenExpiresAt),
      }
    )
  }
  return {
    async getClient(id, secret) {
      const known = id === client.client_id && (!secret || secret === client.client_secret)
      return known ? registered : undefined
    },
    validateScope: async (_user, _client, scope) => scope,
    getAccessToken: (token) => readToken(`access:${token}`),
    getRefreshToken: (token) => readToken(`refresh:${token}`),
    async saveToken(token, { id }, user) {
      const saved = { ...token, client: { id, grants: [] }, user }
      const text = JSON.stringify(saved)
      await redis
        .pipeline()
        .set(`access:${token.accessToken}`, text, 'EX', lifetimes.accessToken)
        .set(`refresh:${token.refreshToken}`, text, 'EX', lifetimes.refreshToken)
        .exec()
      return saved
    },
    async revokeToken({ refreshToken, accessToken }) {
      return (await redis.del(`refresh:${refreshToken}`, `access:${String(accessToken)}`)) > 0
    },
    async getAuthorizationCode(code) {
      const found = await read<OAuth2Server.AuthorizationCode>(`code:${code}`)
      return found && { ...found, expiresAt: new Date(found.expiresAt) }
    },
    async saveAuthorizationCode(code, { id }, user) {
      const saved = { ...code, client: { id, grants: [] }, user }
      const key = `code:${code.authorizationCode}`
      await redis.set(key, JSON.stringify(saved), 'EX', lifetimes.authorizationCode)
      return saved
    },
    async revokeAuthorizationCode({ authorizationCode }) {
      return (await redis.del(`code:${authorizationCode}`)) > 0
    },
  }
}
