import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { startCommand, type RunningCommand } from '../support/cli.ts'
import { useRunning } from '../support/fixtures.ts'
import { createFolder } from '../support/folder.ts'
import { follow } from '../support/steps.ts'

const folder = createFolder()
const theme = join(
  createFolder({ 'theme.json': '{"colors":{"dark":{"primary":"#7fe0b0"}}}' }),
  'theme.json',
)

let command: RunningCommand
let page: Page
let origin: string
const complaints: string[] = []
beforeAll(async () => {
  command = startCommand('views', 'preview', folder, '--theme', theme)
  origin = await command.said(/http:\/\/127\.0\.0\.1:\d+/)
})
const browser = useRunning(launchBrowser)
beforeAll(async () => {
  page = await browser.newPage({ colorScheme: 'light' })
  page.on('console', (message) => complaints.push(message.text()))
})
afterAll(async () => {
  command.kill('SIGTERM')
  await command.ended
})

const template = (content: string): void =>
  writeFileSync(join(folder, 'consent.njk'), `{% extends 'pleo/consent.njk' %}${content}`)

test('what the index is set to holds for the pages it leads to', async () => {
  await page.goto(origin)
  const choices = [
    ['Language', 'da', 'lang=da'],
    ['Direction', 'rtl', 'dir=rtl'],
    ['Colours', 'dark', 'scheme=dark'],
  ] as const
  // Each is applied at once, and the keyboard stays where it was.
  for (const [label, value, parameter] of choices) {
    await page.getByLabel(label).selectOption(value)
    await page.waitForURL(`**/?*${parameter}*`)
    await page.locator('select:focus').waitFor()
    expect(await page.getByLabel(label).evaluate((one) => one === document.activeElement)).toBe(
      true,
    )
  }
  expect(await page.getByRole('button').count()).toBe(0)
  await follow(page.getByRole('link', { name: '250 companies' }))
  expect(await page.locator('html').getAttribute('lang')).toBe('da')
  expect(await page.locator('html').getAttribute('dir')).toBe('rtl')
  const button = page.locator('button[value=allow]')
  // The browser itself asks for the light one.
  const colors = await button.evaluate((element) => getComputedStyle(element).backgroundColor)
  expect(colors).toBe('rgb(127, 224, 176)')
})

test('without scripts, a button applies what is chosen', async () => {
  const plain = await browser.newPage({ javaScriptEnabled: false })
  await plain.goto(origin)
  await plain.getByLabel('Language').selectOption('fi')
  await follow(plain.getByRole('button', { name: 'Apply' }))
  expect(plain.url()).toContain('lang=fi')
  expect(await plain.getByLabel('Language').inputValue()).toBe('fi')
  await plain.close()
})

test('a long list can be searched, under the policy that the server sends', async () => {
  await page.goto(`${origin}/pages/consent/250%20companies?lang=en`)
  const choices = page.locator('.choice:visible')
  const all = await choices.count()
  await page.locator('input[type=search]').fill('quarry')
  await expect.poll(() => choices.count()).toBeLessThan(all / 3)
})

test('an open page shows what is saved, and what is wrong with it, by itself', async () => {
  await page.goto(`${origin}/pages/consent/one%20company?lang=en`)
  template('{% block about %}<p id="own">Hej</p>{% endblock %}')
  await page.locator('#own').waitFor()
  template('{% block about %}<p>{{ clint.name }}</p>{% endblock %}')
  await page.getByText('consent.njk:1 names clint').waitFor()
  template('')
  await page.locator('button[value=allow]').waitFor()
  expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
})
