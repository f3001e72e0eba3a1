import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { companyUrn, manyCompanies, the201st } from '../support/crowd.ts'
import { startCrowdedExample } from '../support/crowded-example.ts'
import { useRunning } from '../support/fixtures.ts'
import { partners } from '../support/partners.ts'
import { goToConsent, subjectParameter } from '../support/steps.ts'

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
  ['ApS', 'AB', 'GmbH', 'B.V.', 'Ltd'].map((form) => `${town} ${trade} ${form}`)

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

  test('says that nothing was found, to those who do not see the list too', async () => {
    await ask('maja')
    await expect.poll(() => status()).toBe('')
    await search().fill('no such company')
    expect([await shown(), await status()]).toEqual([[], 'Nothing found'])
    await search().fill('bath')
    await expect.poll(() => status()).toBe('')
  })

  test('keeps in sight what is chosen, whatever is searched for', async () => {
    await ask('maja')
    await page.getByRole('radio').nth(200).check()
    await search().fill('gavle cycles ltd')
    expect(await shown()).toEqual(['Gävle Cycles Ltd', the201st.name])
    await search().fill('no such company')
    expect([await shown(), await status()]).toEqual([[the201st.name], 'Nothing found'])
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
    await expect
      .poll(() => page.getByRole('radio', { name: 'Bath Joinery ApS' }).isChecked())
      .toBe(true)
    await page.getByRole('radio', { name: 'Gävle Cycles Ltd' }).check()
    await search().fill('')
    await expect.poll(() => page.getByRole('radio', { checked: true }).count()).toBe(1)
  })

  test('is there for who may connect none of them', async () => {
    await ask('trainee')
    await search().fill('aarhus roasters')
    const rows = page.locator('#list .choice:visible')
    expect(await rows.locator('.choice-name').allInnerTexts()).toEqual(
      inSight('Aarhus', 'Roasters'),
    )
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
