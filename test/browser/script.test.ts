import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { isolated } from '../support/browser.ts'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { companyUrn, manyCompanies, nordlysCompanies, the201st } from '../support/crowd.ts'
import { startCrowdedExample } from '../support/crowded-example.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect } from '../support/flow.ts'
import { focusOf } from '../support/keyboard.ts'
import { partners } from '../support/partners.ts'
import { askUrl, follow, goToConnections, goToConsent, subjectParameter } from '../support/steps.ts'

const example = useRunning(startCrowdedExample)
const browser = useRunning(launchBrowser)
let page: Page
beforeEach(async () => {
  page = await openPage(browser)
})

const ask = (as: string, params: Record<string, string> = {}): Promise<void> =>
  goToConsent(page, example.issuer, partners.plain, as, params)
const search = (label = 'Search companies') => page.getByRole('searchbox', { name: label })
const shown = (): Promise<string[]> =>
  page.locator('#subjects .choice:visible .choice-name').allInnerTexts()
const status = (): Promise<string> => page.getByRole('status').innerText()
const inSight = (town: string, trade: string): string[] =>
  ['AB', 'ApS', 'B.V.', 'GmbH', 'Ltd'].map((form) => `${town} ${trade} ${form}`)

describe('the search of a long list of companies', () => {
  test.each([
    ['part of a name', 'printw', inSight('Aarhus', 'Printworks')],
    ['words in any order', 'cycles malmö', inSight('Malmö', 'Cycles')],
    ['capitals', 'MÜNSTER JOIN', inSight('Münster', 'Joinery')],
    ['a name without its accents', 'evora roasters', inSight('Évora', 'Roasters')],
    ['accents that are not in the name', 'bäth cerâmics', inSight('Bath', 'Ceramics')],
    ['a letter that no normal form takes apart', 'tromso cycles', inSight('Tromsø', 'Cycles')],
    ['the same letter as it is', 'łódź cycles', inSight('Łódź', 'Cycles')],
    ['its plain form', 'lodz cycles', inSight('Łódź', 'Cycles')],
  ])('finds %s: "%s"', async (_, typed, expected) => {
    await ask('maja')
    await search().fill(typed)
    const names = await shown()
    expect(names.slice(0, 5)).toEqual(expected)
    expect(names.length).toBe(typed === 'printw' ? 50 : 5)
  })

  test('finds a registration number, and shows all again when it is cleared', async () => {
    await ask('maja')
    const { registrationNumber = '', name } = manyCompanies[137] ?? {}
    await search().fill(registrationNumber)
    expect(await shown()).toEqual([name])
    await search().fill('')
    expect(await shown()).toHaveLength(250)
  })

  test('leaves a shade below the list only if there is more to scroll to', async () => {
    await ask('maja')
    const shade = (): Promise<string> =>
      page.locator('#subjects').evaluate((list) => getComputedStyle(list, '::after').opacity)
    await expect.poll(shade).toBe('1')
    await search().fill('gavle cycles ltd')
    await expect.poll(shade).toBe('0')
  })

  test('says how many were found, and when nothing was, to those who do not see the list too', async () => {
    await ask('maja', { ui_locales: 'de' })
    const german = search('Unternehmen suchen')
    await german.fill('roasters')
    await expect.poll(status).toBe(`${isolated('50')} von ${isolated('250')}`)
    await german.fill('no such company')
    await expect.poll(status).toBe('Nichts gefunden')
    expect(await page.locator('#subjects').isVisible()).toBe(false)
    await german.fill('')
    await expect.poll(status).toBe('')
  })

  test('waits for the end of a word before it says so', async () => {
    await ask('maja')
    await page.evaluate(() => {
      const said: string[] = []
      const live = document.querySelector('[role=status]') ?? document.body
      const note = (): number => said.push(live.textContent)
      new MutationObserver(note).observe(live, { childList: true })
      Object.assign(window, { said })
    })
    const fifty = `${isolated('50')} of ${isolated('250')}`
    await search().pressSequentially('printworks', { delay: 20 })
    await expect.poll(status).toBe(fifty)
    expect(await page.evaluate(() => (window as unknown as { said: string[] }).said)).toEqual([
      fifty,
    ])
  })

  test.each([
    ['finds nothing', 'no such company'],
    ['finds some, and none is chosen', 'gavle cycles'],
  ])('leaves no dead button: "Allow" says what is missing if it %s', async (_, typed) => {
    await ask('maja', { ui_locales: 'de' })
    await search('Unternehmen suchen').fill(typed)
    await follow(page.getByRole('button', { name: 'Erlauben', exact: true }))
    expect(await page.getByRole('alert').innerText()).toBe('Wählen Sie ein Unternehmen aus.')
    expect((await shown()).length).toBe(250)
    const first = expect.stringContaining(manyCompanies[0]?.name ?? '')
    expect(await focusOf(page)).toEqual({ words: first, isVisible: true, isInSight: true })
    const top = await page.getByRole('alert').evaluate((box) => box.getBoundingClientRect().top)
    expect(top).toBeGreaterThanOrEqual(0)
  })

  test('has the focus where a choice is still to be made, and leaves it to a phone', async () => {
    await ask('maja')
    await expect.poll(() => search().evaluate((input) => input.matches(':focus'))).toBe(true)
    expect((await focusOf(page)).isInSight).toBe(true)
    page = await openPage(browser, { hasTouch: true, isMobile: true })
    await ask('maja')
    await search().waitFor()
    expect(await focusOf(page)).toMatchObject({ words: '' })
  })

  test('keeps in sight what is chosen, whatever is searched for', async () => {
    await ask('maja')
    await page.getByRole('radio').nth(200).check()
    await search().fill('gavle cycles ltd')
    expect(await shown()).toEqual(['Gävle Cycles Ltd', the201st.name])
    await search().fill('no such company')
    expect(await shown()).toEqual([the201st.name])
    await expect.poll(status).toBe('Nothing found')
    expect(await page.locator('[name=subject]:checked').inputValue()).toBe(companyUrn(the201st))
  })

  test('is not an answer: Enter in it decides nothing', async () => {
    await ask('maja')
    const posts: string[] = []
    page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()))
    await page.getByRole('radio').first().check()
    await search().press('Enter')
    await search().fill('bath')
    await search().press('Enter')
    expect(await shown()).toContain('Bath Joinery ApS')
    expect(posts).toEqual([])
  })

  test('is in the folded list too, and leaves alone what is chosen above it', async () => {
    await ask('maja', { [subjectParameter]: companyUrn(the201st) })
    await page.getByText('Choose another company').click()
    await search().fill('gavle cycles ltd')
    expect(await shown()).toEqual(['Gävle Cycles Ltd'])
    await expect.poll(() => page.getByRole('radio', { name: the201st.name }).isChecked()).toBe(true)
    await page.getByRole('radio', { name: 'Gävle Cycles Ltd' }).check()
    await search().fill('')
    await expect.poll(() => page.getByRole('radio', { checked: true }).count()).toBe(1)
  })

  test('is there for who may connect none of them', async () => {
    await ask('trainee')
    await search().fill('aarhus cycles')
    const rows = page.locator('#list .choice:visible')
    expect(await rows.locator('.choice-name').allInnerTexts()).toEqual(inSight('Aarhus', 'Cycles'))
  })

  test('is not there for a short list, nor without JavaScript', async () => {
    await ask('jonas')
    await expect.poll(() => page.getByRole('searchbox').count()).toBe(0)
    page = await openPage(browser, { javaScriptEnabled: false })
    await ask('maja')
    await expect.poll(() => page.getByRole('searchbox').count()).toBe(0)
    expect(await shown()).toHaveLength(250)
  })
})

describe('the button that shows the password', () => {
  test('shows it and hides it again, while the person goes on typing', async () => {
    await page.goto(askUrl(example.issuer, partners.plain))
    const field = page.locator('#password')
    const type = (): Promise<string | null> => field.getAttribute('type')
    await field.pressSequentially('correct')
    await page.getByRole('button', { name: 'Show password' }).click()
    await page.keyboard.type(' horse')
    expect([await type(), await field.inputValue()]).toEqual(['text', 'correct horse'])
    await page.getByRole('button', { name: 'Hide password' }).click()
    expect(await type()).toBe('password')
    await page.getByRole('button', { name: 'Show password' }).press('Enter')
    expect(await type()).toBe('text')
    const masked = page.evaluate(
      () =>
        new Promise((resolve) =>
          addEventListener('submit', (event) => {
            event.preventDefault()
            resolve(document.querySelector('#password')?.getAttribute('type'))
          }),
        ),
    )
    await page.locator('#username').fill('sofia@example.test')
    await page.locator('#username').press('Enter')
    expect(await masked).toBe('password')
  })

  test('is not there without JavaScript', async () => {
    page = await openPage(browser, { javaScriptEnabled: false })
    await page.goto(askUrl(example.issuer, partners.plain))
    expect(await page.getByRole('button').allInnerTexts()).toEqual([
      'Sign in',
      expect.stringContaining('Cancel'),
    ])
  })
})

test('a person who cannot connect copies the message to send', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await ask('emil')
  await page.getByRole('button', { name: 'Copy' }).click()
  await expect.poll(status).toBe('Copied')
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toBe(await page.locator('#message').textContent())
  expect(copied).toMatch(/^Could you connect .* to our company/)
})

test('the search of connections opens the groups in which it finds something, and folds them again', async () => {
  for (const client of [partners.plain, partners.verified, partners.trial]) {
    for (const company of nordlysCompanies) {
      const params = { scope: client.scope ?? '' }
      await connect(example.issuer, { client, as: 'jonas', subject: companyUrn(company), params })
    }
  }
  await goToConnections(page, example.issuer, 'jonas')
  const rows = (): Promise<string[]> =>
    page.locator('.connection:visible summary strong').allInnerTexts()
  const groups = page.locator('.group:visible')
  expect([await rows(), await groups.count()]).toEqual([[], 3])
  await search('Search apps and companies').fill('danmark sandbox')
  expect([await rows(), await groups.count()]).toEqual([['Sandbox Reports Test'], 1])
  await search('Search apps and companies').fill('sandbox')
  expect([(await rows()).length, await groups.count()]).toEqual([3, 3])
  await search('Search apps and companies').fill('')
  expect([await rows(), await groups.count()]).toEqual([[], 3])
  // A hyphen that keeps its word on one line is found by the one on the keyboard.
  const subject = companyUrn(nordlysCompanies[0])
  const params = { scope: 'tax-codes:read' }
  await connect(example.issuer, { client: partners.everything, as: 'jonas', subject, params })
  await page.goto(`${example.issuer}/oauth/connections?ui_locales=nb`)
  await search('Søk etter app eller selskap').fill('mva-koder')
  expect((await rows()).length).toBe(1)
})
