import { readFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import * as openid from 'openid-client'
import { describe, expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { root } from '../support/consumer-folder.ts'
import { compileNest, recipeFolder, recipeSecret, startRecipe } from '../support/recipes.ts'
import { pause, send } from '../support/requests.ts'

const doc = readFileSync(join(root, 'docs/recipes.md'), 'utf8')

const frameworks = ['koa', 'express', 'fastify', 'nestjs', 'hono'] as const
const shown = ['authorization-server.ts', 'nestjs/main.ts', 'nestjs/app.module.ts'].concat(
  frameworks.filter((name) => name !== 'nestjs').map((name) => `${name}.ts`),
)

test.each(shown)('docs/recipes.md shows %s as it is', (file) => {
  const code = readFileSync(join(recipeFolder, file), 'utf8')
  expect(doc).toContain(`\`\`\`ts\n${code}\`\`\`\n`)
})

test('docs/recipes.md names the versions that run here', () => {
  const rows = [...doc.matchAll(/^\| `([^`]+)` +\| (\S+)/gm)]
  expect(rows.map(([, name]) => name)).toEqual([
    'koa',
    'express',
    'fastify',
    '@nestjs/core',
    'hono',
    '@hono/node-server',
  ])
  for (const [, name = '', version] of rows) {
    const manifest = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
    expect(JSON.parse(manifest)).toMatchObject({ version })
  }
})

const person = { email: 'ada@bakery.example', password: 'flour and water' }
const company = 'urn:pleo:company:5f0c3f8e-6f0e-4d0a-9b57-1f7f3c1f5a01'

/** The person signs in at the backend, agrees, and comes back to the client. */
async function agree(url: URL, origin: string): Promise<URL> {
  const browser = createBrowser()
  const login = await browser.go(url.href)
  expect(login.url.pathname).toBe('/login')
  const body = new URLSearchParams(person)
  // The form of another site signs nobody in.
  const forged = { method: 'POST', body, headers: { origin: 'https://evil.test' } }
  expect((await browser.go(login.url.href, forged)).status).toBe(403)
  const own = { method: 'POST', body, headers: { origin } }
  const page = await browser.go(login.url.href, own)
  expect(page.text).toContain('Ada Lind')
  const { location } = await browser.submit(page, { subject: company, decision: 'allow' })
  if (!location) throw new Error('the browser was not sent back to the client')
  return location
}

async function connect(issuer: string, origin: string): Promise<[openid.Configuration, string]> {
  const config = await openid.discovery(
    new URL(issuer),
    'northwind',
    recipeSecret,
    openid.ClientSecretPost(recipeSecret),
    { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
  )
  const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: 'https://ledger.example/callback',
    scope: 'companies:read',
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const answer = await agree(url, origin)
  const tokens = await openid.authorizationCodeGrant(config, answer, {
    pkceCodeVerifier,
    expectedState,
  })
  return [config, tokens.refresh_token ?? '']
}

/** A refresh whose second half is sent when `until` is over. */
async function refreshSlowly(
  issuer: string,
  refreshToken: string,
  until: () => Promise<void>,
): Promise<{ readonly status: number | undefined; readonly connection: string | undefined }> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: 'northwind',
    client_secret: recipeSecret,
  }).toString()
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(form),
  }
  const refresh = request(`${issuer}/oauth/token`, { method: 'POST', headers, agent: false })
  const answered = once(refresh, 'response')
  // It is cut, perhaps before anybody waits for the answer.
  answered.catch(() => {})
  refresh.write(form.slice(0, 20))
  await pause(300)
  await until()
  refresh.end(form.slice(20))
  const [response] = (await answered) as [IncomingMessage]
  await once(response.resume(), 'end')
  return { status: response.statusCode, connection: response.headers.connection }
}

describe.each(frameworks)('the recipe for %s', (name) => {
  test('serves a whole connection, and ends without cutting a request', async () => {
    const file = name === 'nestjs' ? await compileNest() : join(recipeFolder, `${name}.ts`)
    const { origin, issuer, said, terminate, ended } = await startRecipe(file)
    const [config, first] = await connect(issuer, origin)
    const { access_token, refresh_token = '' } = await openid.refreshTokenGrant(config, first)
    expect(await openid.tokenIntrospection(config, access_token)).toMatchObject({ active: true })

    // Errors of the authorization server reach the client as they are, and those of the backend go to its error handler.
    await expect(openid.refreshTokenGrant(config, 'unknown')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    const failed = await send(`${origin}/invoices`)
    expect([failed.status, failed.text]).toEqual([500, '{"error":"something went wrong"}'])
    expect((await send(`${origin}/elsewhere`)).status).toBe(404)
    const tooLarge = { method: 'POST', body: new URLSearchParams({ email: 'x'.repeat(2 ** 21) }) }
    expect((await send(`${origin}/login`, tooLarge)).status).toBe(413)

    const answer = await refreshSlowly(issuer, refresh_token, async () => {
      terminate()
      await pause(300)
    })
    expect(answer).toEqual({ status: 200, connection: 'close' })
    expect(await ended).toBe(0)
    // Warnings of the process and what `checkMounting` finds would be here too.
    const warnings = said()
      .split('\n')
      .filter((line) => line.includes('Warning: '))
    expect(warnings).toEqual([expect.stringContaining('Error: the invoices are away')])
  })
})
