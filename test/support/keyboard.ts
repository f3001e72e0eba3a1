import type { Page } from 'playwright-core'

/** Where the focus is, as a person sees it. */
export interface Focus {
  /** The words of what is focused; empty where nothing is. */
  readonly words: string
  /** Whether a line of two pixels or more is drawn around it. */
  readonly isVisible: boolean
  /** Whether it is in the window, and not scrolled away in its list. */
  readonly isInSight: boolean
}

export const focusOf = (page: Page): Promise<Focus> => page.evaluate(lookAtFocus)

/** Runs in the page. */
function lookAtFocus(): Focus {
  const focused = document.activeElement ?? document.body
  if (focused === document.body) return { words: '', isVisible: false, isInSight: false }
  const labels = [...((focused as HTMLInputElement).labels ?? [])]
  const name = labels.map(({ textContent }) => textContent).join(' ') || focused.textContent
  // The whole row of a choice shows the focus of its button.
  const shown = focused.closest('label.choice') ?? focused
  const { outlineStyle, outlineWidth } = getComputedStyle(shown)
  const box = shown.getBoundingClientRect()
  const list = shown.closest('.choices')?.getBoundingClientRect()
  return {
    words: name.replaceAll(/\s+/g, ' ').trim(),
    isVisible: outlineStyle === 'solid' && Number.parseFloat(outlineWidth) >= 2,
    isInSight:
      box.top >= Math.max(0, list?.top ?? 0) - 1 &&
      box.bottom <= Math.min(window.innerHeight, list?.bottom ?? Infinity) + 1,
  }
}

/** Presses a key until what is focused begins with these words, and says where the focus was on the way. */
export async function press(page: Page, key: string, words: string): Promise<readonly Focus[]> {
  const way: Focus[] = []
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press(key)
    way.push(await focusOf(page))
    if (way.at(-1)?.words.startsWith(words)) return way
  }
  const passed = way.map((focus) => focus.words).join(', ')
  throw new Error(`${key} does not lead to "${words}", but to ${passed}`)
}
