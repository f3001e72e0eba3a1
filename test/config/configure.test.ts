import type { Configuration } from 'oidc-provider'
import { expect, test } from 'vitest'
import { mistakesOf } from '../support/issues.ts'

type Change = (configuration: Configuration) => Configuration

const withFeatures =
  (features: Configuration['features']): Change =>
  (configuration) => ({ ...configuration, features: { ...configuration.features, ...features } })
const withSettings =
  (settings: Configuration): Change =>
  (configuration) => ({ ...configuration, ...settings })

const on = (name: string): string =>
  `configure: features.${name} is not supported by the token endpoint: leave it off`
const changed = (name: string): string =>
  `configure: ${name} is not asked by the token endpoint: leave it as it is`
const openid = 'configure: scopes must not contain openid: the token endpoint issues no ID tokens'

test.each<[Change, string]>([
  [withFeatures({ mTLS: { enabled: true } }), on('mTLS')],
  [withFeatures({ attestClientAuth: { enabled: true } as never }), on('attestClientAuth')],
  [
    withFeatures({ richAuthorizationRequests: { enabled: true } as never }),
    on('richAuthorizationRequests'),
  ],
  [withFeatures({ deviceFlow: { enabled: true } }), on('deviceFlow')],
  [withSettings({ scopes: ['companies:read', 'openid'] }), openid],
  [({ scopes: _scopes, ...rest }) => rest, openid],
  [withSettings({ rotateRefreshToken: false }), changed('rotateRefreshToken')],
  [withSettings({ issueRefreshToken: async () => true }), changed('issueRefreshToken')],
  [({ rotateRefreshToken: _rotate, ...rest }) => rest, changed('rotateRefreshToken')],
  [
    ({ ttl, ...rest }) => ({ ...rest, ttl: { ...ttl, AccessToken: 60 } }),
    changed('ttl.AccessToken'),
  ],
  [
    withFeatures({ resourceIndicators: { enabled: false } }),
    changed('features.resourceIndicators.enabled'),
  ],
  [
    ({ routes, ...rest }) => ({ ...rest, routes: { ...routes, revocation: '/oauth/end/:token' } }),
    'configure: routes.revocation must be a path without parameters',
  ],
])('a setting that codes and refreshes would leave out is refused: %#', (configure, mistake) => {
  expect(mistakesOf({ configure })).toContain(mistake)
})

test('every such setting is named at once, and no other one', () => {
  const configure: Change = (configuration) =>
    withFeatures({ mTLS: { enabled: true }, clientCredentials: { enabled: true } })({
      ...configuration,
      rotateRefreshToken: false,
      extraTokenClaims: () => ({ tier: 'gold' }),
    })
  expect(mistakesOf({ configure })).toEqual([on('mTLS'), changed('rotateRefreshToken')])
})

test('a configuration that is changed in place is checked, too', () => {
  const inPlace: Change = (configuration) => {
    const { features } = configuration
    Object.assign(features?.resourceIndicators ?? {}, { useGrantedResource: () => false })
    return Object.assign(configuration, { expiresWithSession: () => true })
  }
  expect(mistakesOf({ configure: inPlace })).toEqual([
    changed('expiresWithSession'),
    changed('features.resourceIndicators.useGrantedResource'),
  ])
})
