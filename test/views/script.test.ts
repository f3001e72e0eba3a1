import { expect, test } from 'vitest'
import { createViews } from '../../lib/pages/pages.ts'
import { createSamples } from '../../lib/workbench/samples.ts'

const page = createViews({}, 'https://auth.example.test/auth').of('en')
const { consent, login, 'cannot-connect': cannotConnect } = createSamples(page)
const tag = /<script type="module" src="\/auth\/oauth\/assets\/script\.js\?v=[\w-]{12}"><\/script>/

test('a list that is long enough to be searched loads the script for it, from the same origin', () => {
  const drawn = Object.entries(consent).map(([state, data]) => {
    const text = page.render('consent', data)
    return [state, data.subjects.length > 8, text.includes('data-filter'), tag.test(text)]
  })
  for (const [state, isLong, ...has] of drawn)
    expect([state, ...has]).toEqual([state, isLong, isLong])
  expect(drawn.filter(([, isLong]) => isLong)).not.toHaveLength(0)
})

test('so do a text to copy and a password to show', () => {
  for (const data of Object.values(cannotConnect)) {
    const text = page.render('cannot-connect', data)
    expect([tag.test(text), text.includes('data-filter')]).toEqual([true, data.subjects.length > 8])
  }
  for (const data of Object.values(login)) expect(page.render('login', data)).toMatch(tag)
})
