// The package brings no types of its own; this is what the tests use of it.
declare module 'simple-oauth2' {
  export interface Options {
    readonly client: { readonly id: string; readonly secret: string }
    readonly auth: {
      readonly tokenHost: string
      readonly tokenPath?: string
      readonly revokePath?: string
      readonly authorizePath?: string
    }
    readonly options?: { readonly authorizationMethod?: 'header' | 'body' }
  }

  export interface AccessToken {
    readonly token: Readonly<Record<string, unknown>>
    expired(): boolean
    refresh(params?: Record<string, string>): Promise<AccessToken>
    revoke(kind: 'access_token' | 'refresh_token'): Promise<void>
    revokeAll(): Promise<void>
  }

  export class AuthorizationCode {
    constructor(options: Options)
    authorizeURL(params: Record<string, string>): string
    getToken(params: Record<string, string>): Promise<AccessToken>
    createToken(token: Readonly<Record<string, unknown>>): AccessToken
  }
}
