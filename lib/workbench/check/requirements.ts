import {
  attributeOf,
  isEnabled,
  isSubmit,
  nameOf,
  toWords,
  type DrawnForm,
  type DrawnPage,
  type Element,
} from '../../validation/html.ts'

/** Reports a mistake. @param element - the one that is wrong, or that lacks something */
export type Report = (code: string, message: string, element?: Element) => void

/** A part of a page: the code of the mistake if it is missing, its name and its value. Without a value it is not required. */
export type Part = readonly [code: string, name: string, value: string | null | undefined]

/** Everything that a page must have in one state. */
export interface Requirements {
  /** Texts that people can read. */
  readonly texts: readonly Part[]
  /** Links, by their URLs. */
  readonly links?: readonly Part[]
  /** The address of a second form, to use another account. */
  readonly switchAction?: string
  readonly form?: RequiredForm | undefined
}

/** The form with which people answer. */
interface RequiredForm {
  readonly action: string
  readonly csrf: string
  /** Fields with the values that the form sends. `undefined` allows any value. */
  readonly fields?: Readonly<Record<string, string | undefined>>
  /** The decisions that buttons send. `send` is a button that decides nothing. */
  readonly buttons: readonly ('allow' | 'continue' | 'decline' | 'send')[]
  readonly check?: (form: DrawnForm, report: Report) => void
}

/** Checks that a page does its task. */
export function checkDrawn(
  { texts, links = [], switchAction, form }: Requirements,
  attributes: Readonly<Record<'lang' | 'dir', string>>,
  { html, elements, text, forms }: DrawnPage,
  report: Report,
): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (html && attributeOf(html, name) === value) continue
    report(`missing_${name}`, `has no ${name}="{{ ${name} }}" on <html>`, html)
  }
  const title = elements.find(({ tagName }) => tagName === 'title')
  const hasTitle = title?.childNodes.some((node) => 'value' in node && toWords(node.value) !== '')
  if (!hasTitle) report('missing_title', 'has no title', html)
  for (const element of elements.filter(writesObject)) {
    report('writes_object', 'writes an object in place of a text: name a member of it', element)
  }
  for (const [code, name, value] of texts) {
    if (typeof value !== 'string' || text.includes(toWords(value))) continue
    report(code, `does not show ${name}`, forms[0]?.element)
  }
  const urls = new Set(
    elements.filter(({ tagName }) => tagName === 'a').map((link) => attributeOf(link, 'href')),
  )
  for (const [code, name, url] of links) {
    if (typeof url === 'string' && !urls.has(url)) report(code, `lacks ${name}`)
  }
  if (switchAction !== undefined && !forms.some(({ action }) => action === switchAction)) {
    report('missing_switch', 'has no form with action="{{ switchAction }}"')
  }
  if (form) checkForms(form, forms, report)
}

const writesObject = ({ attrs, childNodes }: Element): boolean =>
  [...attrs, ...childNodes].some(
    (part) => 'value' in part && part.value.includes('[object Object]'),
  )

function checkForms(required: RequiredForm, forms: readonly DrawnForm[], report: Report): void {
  for (const { element, controls } of forms) {
    const method = attributeOf(element, 'method')?.toLowerCase()
    if (method !== 'post') report('wrong_method', 'has a form without method="post"', element)
    const field = controls.find((control) => nameOf(control) === 'csrf')
    if (field && attributeOf(field, 'value') === required.csrf) continue
    const input = '<input type="hidden" name="csrf" value="{{ csrf }}">'
    report('missing_csrf', `has a form without ${input}`, element)
  }
  const form = forms.find(({ action }) => action === required.action)
  const [other] = forms
  if (form) checkForm(required, form, report)
  else if (other) report('wrong_action', 'has no form with action="{{ action }}"', other.element)
  else report('missing_form', 'has no form')
}

const decisions = { allow: 'allows', continue: 'continues', decline: 'declines' } as const

function checkForm(
  { fields = {}, buttons, check }: RequiredForm,
  form: DrawnForm,
  report: Report,
): void {
  const { element } = form
  const controls = form.controls.filter(isEnabled)
  for (const [name, value] of Object.entries(fields)) {
    const isThere = controls.some(
      (control) =>
        nameOf(control) === name &&
        (value === undefined || attributeOf(control, 'value') === value),
    )
    if (!isThere) report(`missing_${name}`, `has a form that does not send ${name}`, element)
  }
  check?.(form, report)
  for (const decision of buttons) {
    const button = controls.filter(isSubmit).find((candidate) => {
      const isDecision = nameOf(candidate) === 'decision'
      if (decision === 'send') return !isDecision
      return isDecision && attributeOf(candidate, 'value') === decision
    })
    if (button && decision === 'decline' && isHeldBack(button, form)) {
      const message = 'has a button to decline that asks for fields first: it needs formnovalidate'
      report('decline_validates', message, button)
    }
    if (button) continue
    if (decision === 'send') {
      report('missing_submit', 'has a form without a button that sends it', element)
    } else {
      const tag = `<button type="submit" name="decision" value="${decision}">`
      report(`missing_${decision}`, `has no button that ${decisions[decision]}: ${tag}`, element)
    }
  }
}

function isHeldBack(button: Element, { element, controls }: DrawnForm): boolean {
  const isAsking = controls.some((control) => attributeOf(control, 'required') !== undefined)
  const isFree = attributeOf(button, 'formnovalidate') ?? attributeOf(element, 'novalidate')
  return isAsking && isFree === undefined
}
