import { describe, expect, test } from 'vitest'
import { createViews } from '../../lib/pages/pages.ts'
import type { Page } from '../../lib/pages/page-data.ts'
import { createSamples } from '../../lib/workbench/samples.ts'

const views = createViews({ theme: { productName: 'Fjordbank' } }, 'https://auth.example.test')

describe.each(views.languages)('in %s', (language) => {
  const page = views.of(language)
  const samples = createSamples(page)

  test.each(Object.keys(samples) as Page[])('the page %s calls the product by its name', (name) => {
    for (const [state, data] of Object.entries(samples[name])) {
      const text = page.render(name, data)
      expect.soft(text, state).toContain('Fjordbank')
      expect.soft(text, state).not.toContain('Pleo')
    }
  })
})
