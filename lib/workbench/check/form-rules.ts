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

/** A page that rules look at, and the place for what they find. */
export interface RuleContext {
  readonly drawn: DrawnPage
  /** Texts in the language of the page. */
  readonly t: (path: string) => string
  /** @param element - the one that is wrong, or that lacks something */
  readonly report: (code: string, message: string, element?: Element) => void
}

/** Reports each part that the page lacks. A value that is missing requires nothing. */
export interface Requirements {
  /** An attribute of the whole page. */
  readonly attribute: (name: string, value: string) => void
  /** A text that people can read. */
  readonly text: (code: string, what: string, value: string | null | undefined) => void
  readonly link: (code: string, what: string, url: string | null) => void
  /** The form that is posted to an address; undefined if the page lacks it. */
  readonly form: (action: string, csrf: string) => RequiredForm | undefined
}

/** Reports each part that a form lacks. */
export interface RequiredForm {
  readonly drawn: DrawnForm
  /** A field that the form sends, with any value unless one is given. */
  field(name: string, value?: string): RequiredForm
  /** A button that sends the form. Without a decision, one that decides nothing; `null` requires none. */
  submit(decision?: 'allow' | 'continue' | 'decline' | null): RequiredForm
}

export const createRequirements = (context: RuleContext): Requirements => ({
  attribute: (name, value) => {
    const { html } = context.drawn
    if (html && attributeOf(html, name) === value) return
    context.report(`missing_${name}`, `has no ${name}="{{ ${name} }}" on <html>`, html)
  },
  text: (code, what, value) => {
    const { text, forms } = context.drawn
    if (typeof value !== 'string' || text.includes(toWords(value))) return
    context.report(code, `does not show ${what}`, forms[0]?.element)
  },
  link: (code, what, url) => {
    const isThere = context.drawn.elements.some(
      (element) => element.tagName === 'a' && attributeOf(element, 'href') === url,
    )
    if (url !== null && !isThere) context.report(code, `lacks ${what}`)
  },
  form: (action, csrf) => {
    const form = findForm(action, csrf, context)
    return form && toRequired(form, context)
  },
})

function findForm(
  action: string,
  csrf: string,
  { drawn: { forms }, report }: RuleContext,
): DrawnForm | undefined {
  for (const { element, controls } of forms) {
    const method = attributeOf(element, 'method')?.toLowerCase()
    if (method !== 'post') report('wrong_method', 'has a form without method="post"', element)
    const field = controls.find((control) => nameOf(control) === 'csrf')
    if (field && attributeOf(field, 'value') === csrf) continue
    const input = '<input type="hidden" name="csrf" value="{{ csrf }}">'
    report('missing_csrf', `has a form without ${input}`, element)
  }
  const form = forms.find((candidate) => candidate.action === action)
  if (form) return form
  const [other] = forms
  if (other) report('wrong_action', 'has no form with action="{{ action }}"', other.element)
  else report('missing_form', 'has no form')
  return undefined
}

const decisions = { allow: 'allows', continue: 'continues', decline: 'declines' } as const

function toRequired(drawn: DrawnForm, { report }: RuleContext): RequiredForm {
  const { element } = drawn
  const controls = drawn.controls.filter(isEnabled)
  const required: RequiredForm = {
    drawn,
    field: (name, value) => {
      const isThere = controls.some(
        (control) =>
          nameOf(control) === name &&
          (value === undefined || attributeOf(control, 'value') === value),
      )
      if (!isThere) report(`missing_${name}`, `has a form that does not send ${name}`, element)
      return required
    },
    submit: (decision) => {
      if (decision === null) return required
      const button = controls.filter(isSubmit).find((candidate) => {
        const isDecision = nameOf(candidate) === 'decision'
        return decision ? isDecision && attributeOf(candidate, 'value') === decision : !isDecision
      })
      if (!button && !decision) {
        report('missing_submit', 'has a form without a button that sends it', element)
      } else if (!button && decision) {
        const tag = `<button type="submit" name="decision" value="${decision}">`
        report(`missing_${decision}`, `has no button that ${decisions[decision]}: ${tag}`, element)
      } else if (button && decision === 'decline' && isHeldBack(button, drawn)) {
        const message =
          'has a button to decline that asks for fields first: it needs formnovalidate'
        report('decline_validates', message, button)
      }
      return required
    },
  }
  return required
}

function isHeldBack(button: Element, { element, controls }: DrawnForm): boolean {
  const isAsking = controls.some((control) => attributeOf(control, 'required') !== undefined)
  const isFree = attributeOf(button, 'formnovalidate') ?? attributeOf(element, 'novalidate')
  return isAsking && isFree === undefined
}
