import type { Page } from 'playwright-core'

/** What strangers call themselves when they mean harm. Each would set `window.ran`, were any of it taken for code. */
export const hostileTexts: Readonly<Record<string, string>> = {
  markup: `"'><script>window.ran=1</script><img src=x onerror=window.ran=1><b onmouseover=window.ran=1>bold</b>`,
  'template syntax':
    '{{ 7*7 }}{% set ran = 1 %}{{ range.constructor("throw 1")() }}${7*7}<%= 7*7 %>',
  'a javascript: URI': 'javascript:window.ran=1',
  'a data: URI': 'data:text/html,<script>window.ran=1</script>',
  'right-to-left overrides': 'Pleo \u202E\u2066\u2067 moc.live \u2069\u2069\u2069\u202E',
  '10 000 characters': 'W'.repeat(10_000),
}

/** What can be told of a page that shows them. */
export interface Harm {
  readonly ran: unknown
  /** Elements that no template of ours has. */
  readonly foreign: readonly string[]
  /** Links, forms and pictures that lead elsewhere than to a web page. */
  readonly notWeb: readonly string[]
  /** Whether the page is wider than the window. */
  readonly isTooWide: boolean
  /** Words of ours that stand the wrong way round. */
  readonly turned: readonly string[]
}

export const harmless: Harm = {
  ran: undefined,
  foreign: [],
  notWeb: [],
  isTooWide: false,
  turned: [],
}

export const harmOf = (page: Page): Promise<Harm> => page.evaluate(findHarm)

/** Runs in the page. */
function findHarm(): Harm {
  const foreign =
    'b, iframe, object, embed, base, meta[http-equiv], body script, img:not(.mark), [onmouseover], [onerror]'
  const targets = [...document.querySelectorAll('[href], [src], [action], [formaction]')].flatMap(
    (element) =>
      ['href', 'src', 'action', 'formaction'].map((name) => element.getAttribute(name) ?? ''),
  )
  const isWeb = (target: string): boolean =>
    /^https?:$/.test(new URL(target, document.baseURI).protocol) ||
    // A mailbox, without a subject or a text that a stranger wrote.
    /^mailto:[^?&]+$/.test(target)
  return {
    ran: (window as unknown as { ran: unknown }).ran,
    foreign: [...document.querySelectorAll(foreign)].map(({ outerHTML }) => outerHTML),
    notWeb: targets.filter((target) => !isWeb(target)),
    isTooWide: document.documentElement.scrollWidth > window.innerWidth,
    turned: findTurned(),
  }

  /** Words of the heading after a name in it, of which the last letter is drawn before the first. */
  function findTurned(): string[] {
    const text = document.querySelector('h1')?.lastChild
    const content = text?.textContent ?? ''
    const after = content.lastIndexOf('\u2069') + 1
    return [...content.slice(after).matchAll(/[a-z]{2,}/gi)].flatMap(({ 0: word, index }) => {
      const leftOf = (at: number): number => {
        const range = document.createRange()
        range.setStart(text as Node, after + at)
        range.setEnd(text as Node, after + at + 1)
        return range.getBoundingClientRect().left
      }
      return leftOf(index) > leftOf(index + word.length - 1) ? [word] : []
    })
  }
}
