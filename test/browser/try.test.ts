import { expect, test } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { startCommand } from '../support/cli.ts'
import { useRunning } from '../support/fixtures.ts'
import { password } from '../support/people.ts'
import { useServer } from '../support/server.ts'
import { createTriedClients, takeFreePort, urlOf } from '../support/trying.ts'

const { withoutSecret } = createTriedClients(await takeFreePort())
const [redirectUri = ''] = withoutSecret.redirect_uris ?? []

const server = useServer({ clients: [withoutSecret] })
const browser = useRunning(launchBrowser)

test('pleo-oauth try brings the browser to a page that says to go back to the terminal', async () => {
  const client = ['--client-id', withoutSecret.client_id, '--redirect-uri', redirectUri]
  const shared = ['--issuer', server.issuer, '--scope', 'companies:read', '--revoke', '--json']
  const command = startCommand('try', ...client, ...shared)
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))

  await page.goto((await urlOf(command)).href)
  await page.getByLabel('Email').fill('sofia@example.test')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.waitForURL(`${redirectUri}?*`)
  const heading = page.getByRole('heading', { level: 1 })
  await expect.poll(() => heading.innerText()).toBe('You can close this window')
  const look = await page.locator('main').evaluate((main) => {
    const { maxWidth } = getComputedStyle(main)
    return { maxWidth, font: getComputedStyle(document.body).fontFamily }
  })
  expect(look).toEqual({ maxWidth: '442px', font: expect.stringContaining('system-ui') as string })
  expect(complaints.filter((text) => text.includes('Content Security Policy'))).toEqual([])

  const { code, stdout } = await command.ended
  expect(code).toBe(0)
  // A public client cannot ask who its token is for.
  expect(JSON.parse(stdout)).toMatchObject({ tokens: {}, introspection: null, revoked: {} })
})
