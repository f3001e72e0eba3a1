import { expect, test } from 'vitest'
import { refusalOf } from '../support/backend.ts'
import { runExample, startExample } from '../support/example.ts'
import { createFolder } from '../support/folder.ts'

/** What is said at a start with these variables, which fails for another reason. */
async function linesWith(environment: Record<string, string>): Promise<readonly string[]> {
  const { code, stderr } = await runExample({ ...environment, HOST: 'box' })
  const lines = stderr.trimEnd().split('\n')
  expect([code, lines.at(-1)]).toEqual([1, expect.stringMatching(/^HOST must be/)])
  return lines.slice(0, -1)
}

test('each variable that is spelled nearly like a setting is named, with that setting', async () => {
  const near = {
    REDIS_URI: 'REDIS_URL',
    REDISURL: 'REDIS_URL',
    redis_url: 'REDIS_URL',
    REIDS_URL: 'REDIS_URL',
    STORAGE_KEY: 'STORAGE_KEYS',
    COOKIES_KEY: 'COOKIE_KEYS',
    CLIENT_FILE: 'CLIENTS_FILE',
    PEOPLE_FILES: 'PEOPLE_FILE',
    TRUSTED_PROXY: 'TRUST_PROXY',
    ISUER: 'ISSUER',
    THEMES: 'THEME',
    KEEPALIVE_TIMEOUT: 'KEEP_ALIVE_TIMEOUT',
    REDIS_SENTINEL_PASSWD: 'REDIS_SENTINEL_PASSWORD',
  }
  const lines = Object.entries(near).map(
    ([name, setting]) => `${name} is not read (did you mean ${setting}?)`,
  )
  const said = await linesWith(Object.fromEntries(Object.keys(near).map((name) => [name, 'x'])))
  expect(said).toEqual(lines)
})

const ofOthers = `HOME HOSTNAME HOSTTYPE PWD SHELL TERM USER UID USERNAME EDITOR LANG
API_HOST API_KEY API_URL APP_ENV APP_HOST APP_NAME APP_ROOT APP_URL DB_PORT
HTTP_PROXY NO_PROXY HTTPS_PROXY NODE_PATH KUBERNETES_PORT API_SERVICE_PORT
REDIS_DB REDIS_HOST REDIS_PORT REDIS_SSL REDIS_TLS_URL REDIS_PASSWORD AZURE_STORAGE_KEY STORAGE_KEY_ID`

test('variables of other programs are left alone', async () => {
  expect(
    await linesWith(Object.fromEntries(ofOthers.split(/\s+/).map((one) => [one, 'x']))),
  ).toEqual([])
})

test('a variable near a setting that is set is of another program, and so is an address', async () => {
  const others = { APIS_PORT: 'tcp://10.0.0.1:80', HOSTS: 'x', PROT: '1', COOKIE_KEY: '' }
  expect(await linesWith({ THEME: 'kelp', THEMES: 'x', ...others })).toEqual([])
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

test('the backend says it too', async () => {
  expect(await refusalOf({ PROT: '1', HOST: 'box' })).toMatch(
    /^PROT is not read \(did you mean PORT\?\)\nHOST must be one of/,
  )
})
