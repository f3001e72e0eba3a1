import { describe, expect, test } from 'vitest'
import { createBrowser, isolated } from '../support/browser.ts'
import { createFolder } from '../support/folder.ts'
import { issuesOfViews } from '../support/issues.ts'
import { startServer } from '../support/server.ts'

const template = (words: string) =>
  createFolder({
    'error.njk': `{% extends 'pleo/error.njk' %}{% block footer %}<p>${words}</p>{% endblock %}`,
  })

const texts = (files: Readonly<Record<string, unknown>>) =>
  createFolder(
    Object.fromEntries(
      Object.entries(files).map(([language, own]) => [`${language}.json`, JSON.stringify({ own })]),
    ),
  )

const english = {
  call: 'Call {{phone}}.',
  hours_one: '{{count}} hour',
  hours_other: '{{count}} hours',
}

test("a host's template has texts of its own, in English where a language lacks them", async () => {
  const words = "{{ t('own.call', { phone: '112' }) }} {{ t('own.hours', { count: 2 }) }}"
  const locales = [texts({ en: english, da: { call: 'Ring {{phone}}.' } })]
  const server = await startServer({ views: { directories: [template(words)], locales } })
  const url = `${server.issuer}/oauth/authorize?client_id=unknown&ui_locales=da`
  const { text } = await createBrowser().go(url)
  await server.close()
  expect(text).toContain(`<p>Ring ${isolated('112')}. 2 hours</p>`)
})

describe('an own text is refused', () => {
  const localeIssue = (files: Readonly<Record<string, unknown>>) =>
    issuesOfViews({ locales: [texts(files)] }).map(({ code, message }) => `${code} ${message}`)

  test('where a template names one that there is not', () => {
    const directories = [template("{{ t('own.cal') }}")]
    const issues = issuesOfViews({ directories, locales: [texts({ en: { call: 'Call us' } })] })
    expect(issues.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'unknown_text error.njk:1 names the text own.cal, which does not exist (did you mean "own.call"?)',
    ])
  })

  test('where it is not there in English', () => {
    expect(localeIssue({ en: english, da: { cal: 'Ring' } })).toEqual([
      'invalid_locale da.json: own.cal is not a text (did you mean "own.call"?)',
    ])
  })

  test('where it has a placeholder that it does not have in English', () => {
    expect(localeIssue({ en: english, da: { call: 'Ring {{number}}' } })).toEqual([
      'invalid_locale da.json: own.call has the placeholder {{number}}, which the English text does not have (it has {{phone}})',
    ])
  })

  test('where it is none', () => {
    expect(localeIssue({ en: { call: 5 } })).toEqual([
      'invalid_locale en.json: own.call is not a text',
    ])
  })
})
