import {
  attributeOf,
  isEnabled,
  isSubmit,
  nameOf,
  toWords,
  type DrawnForm,
  type DrawnPage,
  type Element,
} from './drawn.ts'

/** What rules look at, and where they say what is wrong. */
export interface RuleContext {
  readonly drawn: DrawnPage
  /** Texts in the language of the page. */
  readonly t: (path: string) => string
  /** @param element - what is wrong, or what lacks something */
  readonly report: (code: string, message: string, element?: Element) => void
}

/** The form that is posted to an address, which it must have, with the hidden field of every form. */
export function checkForm(
  action: string,
  csrf: string,
  { drawn: { forms }, report }: RuleContext,
): DrawnForm | undefined {
  for (const { element, controls } of forms) {
    const method = attributeOf(element, 'method')?.toLowerCase()
    if (method !== 'post') report('wrong_method', 'has a form without method="post"', element)
    const field = controls.find((control) => nameOf(control) === 'csrf')
    if (field && attributeOf(field, 'value') === csrf) continue
    report(
      'missing_csrf',
      'has a form without <input type="hidden" name="csrf" value="{{ csrf }}">',
      element,
    )
  }
  const form = forms.find((candidate) => candidate.action === action)
  if (form) return form
  const [other] = forms
  if (other) report('wrong_action', 'has no form with action="{{ action }}"', other.element)
  else report('missing_form', 'has no form')
  return undefined
}

/** A field that the form sends. */
export function requireField(
  { element, controls }: DrawnForm,
  name: string,
  value: string | undefined,
  { report }: RuleContext,
): void {
  const isThere = controls.some(
    (control) =>
      nameOf(control) === name &&
      isEnabled(control) &&
      (value === undefined || attributeOf(control, 'value') === value),
  )
  if (!isThere) report(`missing_${name}`, `has a form that does not send ${name}`, element)
}

const decisions: Readonly<Record<string, string>> = {
  allow: 'allows',
  continue: 'continues',
  decline: 'declines',
}

/**
 * A button that sends the form.
 *
 * @param decision - what it decides; undefined for one that decides nothing
 */
export function requireSubmit(
  { element, controls }: DrawnForm,
  decision: string | undefined,
  { report }: RuleContext,
): void {
  const buttons = controls.filter((control) => isSubmit(control) && isEnabled(control))
  const button = buttons.find((candidate) =>
    decision === undefined
      ? nameOf(candidate) !== 'decision'
      : nameOf(candidate) === 'decision' && attributeOf(candidate, 'value') === decision,
  )
  if (!button && decision === undefined) {
    report('missing_submit', 'has a form without a button that sends it', element)
  } else if (!button) {
    const attributes = `type="submit" name="decision" value="${decision}"`
    report(
      `missing_${decision}`,
      `has no button that ${decisions[decision ?? '']}: <button ${attributes}>`,
      element,
    )
  } else if (decision === 'decline' && isHeldBack(button, element, controls)) {
    const message = 'has a button to decline that asks for fields first: it needs formnovalidate'
    report('decline_validates', message, button)
  }
}

function isHeldBack(button: Element, form: Element, controls: readonly Element[]): boolean {
  const isAsking = controls.some((control) => attributeOf(control, 'required') !== undefined)
  const isFree = attributeOf(button, 'formnovalidate') ?? attributeOf(form, 'novalidate')
  return isAsking && isFree === undefined
}

/** Something that people must be able to read. */
export function requireText(
  code: string,
  what: string,
  text: string,
  { drawn, report }: RuleContext,
): void {
  if (drawn.text.includes(toWords(text))) return
  report(code, `does not show ${what}`, drawn.forms[0]?.element)
}
