import {
  attributeOf,
  isEnabled,
  isSubmit,
  nameOf,
  readPage,
  toWords,
  type DrawnForm,
  type DrawnPage,
  type Element,
} from '../../validation/html.ts'
import { FlowError } from './flow-error.ts'
import { toRedirectWords } from './redirects.ts'

/** A page, or the redirect that leads away from the server or back to the client. */
export interface Page {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The target of a redirect that was not followed, because it leaves the server or is the client's. */
  readonly location: URL | undefined
}

/** The fields that a person fills in; one that is there often has a list. */
export type Fields = Readonly<Record<string, string | readonly string[]>>

// A page is read several times, and reading takes longer than answering.
const drawn = new WeakMap<Page, DrawnPage>()

/** A page as a browser reads it. */
export function read(page: Page): DrawnPage {
  const found = drawn.get(page) ?? readPage(page.text)
  drawn.set(page, found)
  return found
}

/** The form of a page that has all of these fields. */
export function findForm(page: Page, names: readonly string[]): DrawnForm | undefined {
  const { forms } = read(page)
  return forms.find(({ controls }) =>
    names.every((name) => controls.some((control) => nameOf(control) === name)),
  )
}

/** The values that a field of a form can be given. */
export const valuesOf = ({ controls }: DrawnForm, name: string): readonly string[] =>
  controls
    .filter((control) => nameOf(control) === name && isEnabled(control))
    .map((control) => attributeOf(control, 'value') ?? '')

/** The request that a browser sends for a form that was filled in (HTML, "constructing the entry list"). */
export function fillForm(
  page: Page,
  fields: Fields,
): { readonly action: URL; readonly body: URLSearchParams } {
  const form = findForm(page, Object.keys(fields))
  if (!form) {
    const names = Object.keys(fields).join(', ')
    throw new FlowError(`there is no form with ${names} on ${toPageWords(page)}`)
  }
  const given = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  )
  const kept = form.controls.flatMap((control): [string, string][] => {
    const name = nameOf(control)
    if (name === undefined || Object.hasOwn(fields, name) || !isSent(control)) return []
    return [[name, attributeOf(control, 'value') ?? '']]
  })
  return {
    action: new URL(form.action, page.url),
    body: new URLSearchParams([...kept, ...given]),
  }
}

/** Whether a control is sent that the person left as it is. */
function isSent(control: Element): boolean {
  if (!isEnabled(control) || isSubmit(control) || control.tagName === 'select') return false
  if (control.tagName === 'option') return attributeOf(control, 'selected') !== undefined
  const type = attributeOf(control, 'type')?.toLowerCase() ?? ''
  if (type === 'checkbox' || type === 'radio') return attributeOf(control, 'checked') !== undefined
  return !['button', 'reset', 'file'].includes(type)
}

/** Describes a page for an error: its words, and no attribute. */
export function toPageWords(page: Page): string {
  const { status, location } = page
  if (location) return toRedirectWords(location)
  const { elements, text: words } = read(page)
  const title = elements.find(({ tagName }) => tagName === 'title')
  const [first] = title?.childNodes ?? []
  const name = first && 'value' in first ? ` "${toWords(first.value)}"` : ''
  return `the page${name} (${status}), which says: ${words.slice(0, 300) || 'nothing'}`
}
