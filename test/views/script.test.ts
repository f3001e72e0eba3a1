import { expect, test } from 'vitest'
import { createViews } from '../../lib/pages/pages.ts'
import { createSamples } from '../../lib/workbench/samples.ts'

const page = createViews({}, 'https://auth.example.test/auth').of('en')
const { consent, 'cannot-connect': cannotConnect } = createSamples(page)
const tag = /<script type="module" src="\/auth\/oauth\/assets\/filter\.js\?v=[\w-]{12}"><\/script>/

test('a list that is long enough to be searched loads the script for it, from the same origin', () => {
  const drawn = Object.entries(consent).map(([state, data]) => {
    const text = page.render('consent', data)
    return [state, data.subjects.length > 8, text.includes('data-filter'), tag.test(text)]
  })
  for (const [state, isLong, ...has] of drawn)
    expect([state, ...has]).toEqual([state, isLong, isLong])
  expect(drawn.filter(([, isLong]) => isLong)).not.toHaveLength(0)
})

test('so does the list of a person who may connect none of it', () => {
  for (const data of Object.values(cannotConnect)) {
    expect(tag.test(page.render('cannot-connect', data))).toBe(data.subjects.length > 8)
  }
})
