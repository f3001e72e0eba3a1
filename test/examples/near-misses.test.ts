import { expect, test } from 'vitest'
import { findNearMisses } from '../../examples/server/near-misses.ts'
import { settingNames } from '../../examples/server/settings.ts'
import { runExample, startExample } from '../support/example.ts'
import { createFolder } from '../support/folder.ts'

const find = (environment: Record<string, string>): readonly string[] =>
  findNearMisses(environment, settingNames)

test.each([
  ['REDIS_URI', 'REDIS_URL'],
  ['REDISURL', 'REDIS_URL'],
  ['redis_url', 'REDIS_URL'],
  ['REIDS_URL', 'REDIS_URL'],
  ['STORAGE_KEY', 'STORAGE_KEYS'],
  ['COOKIES_KEY', 'COOKIE_KEYS'],
  ['CLIENT_FILE', 'CLIENTS_FILE'],
  ['PEOPLE_FILES', 'PEOPLE_FILE'],
  ['TRUSTED_PROXY', 'TRUST_PROXY'],
  ['ISUER', 'ISSUER'],
  ['THEMES', 'THEME'],
  ['PROT', 'PORT'],
  ['KEEPALIVE_TIMEOUT', 'KEEP_ALIVE_TIMEOUT'],
  ['REDIS_SENTINEL_PASSWD', 'REDIS_SENTINEL_PASSWORD'],
])('%s is named, with the setting that was meant', (name, setting) => {
  expect(find({ [name]: 'x' })).toEqual([`${name} is not read (did you mean ${setting}?)`])
})

const ofOthers = [
  ...['HOME', 'HOSTNAME', 'HOSTTYPE', 'PATH', 'PWD', 'SHELL', 'TERM', 'USER', 'UID', 'USERNAME'],
  ...['API_HOST', 'API_KEY', 'API_URL', 'APP_ENV', 'APP_HOST', 'APP_NAME', 'APP_ROOT', 'APP_URL'],
  ...['HTTP_PROXY', 'NO_PROXY', 'HTTPS_PROXY', 'NODE_OPTIONS', 'NODE_PATH', 'EDITOR', 'LANG'],
  ...['REDIS_DB', 'REDIS_HOST', 'REDIS_PORT', 'REDIS_SSL', 'REDIS_TLS_URL', 'REDIS_PASSWORD'],
  ...['AZURE_STORAGE_KEY', 'STORAGE_KEY_ID', 'KUBERNETES_PORT', 'API_SERVICE_PORT', 'DB_PORT'],
]

test.each(ofOthers)('%s is of another program', (name) => {
  expect(find({ [name]: 'x' })).toEqual([])
})

test('a variable near a setting that is set is of another program, and so is an address', () => {
  expect(find({ REDIS_URL: 'redis://localhost', REDIS_URI: 'redis://other' })).toEqual([])
  expect(find({ REDIS_URL: '', REDIS_URI: 'redis://other' })).toHaveLength(1)
  expect(find({ APIS_PORT: 'tcp://10.0.0.1:80' })).toEqual([])
  expect(find({ REDIS_URI: '' })).toEqual([])
})

test('it is said at the start, from the environment and from .env, also if that fails', async () => {
  const line = 'REDIS_URI is not read (did you mean REDIS_URL?)\n'
  const folder = createFolder({ '.env': 'REDIS_URI=redis://localhost\n' })
  const example = await startExample({ PATHS: 'x' }, folder)
  await example.close()
  expect(example.errors()).toBe(line)
  const failed = await runExample({ REDIS_URL: 'redis://localhost', STORAGE_KEY: 'x' })
  expect(failed.stderr).toMatch(
    /^STORAGE_KEY is not read \(did you mean STORAGE_KEYS\?\)\nSTORAGE_KEYS is missing/,
  )
})
