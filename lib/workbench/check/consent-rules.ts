import type { CannotConnectData, ConsentData } from '../../pages/page-data.ts'
import { attributeOf, isEnabled, nameOf, type DrawnForm } from './drawn.ts'
import { checkForm, requireSubmit, requireText, type RuleContext } from './form-rules.ts'

/** Checks that people are told what they decide on, and can decide it. */
export function checkConsent(data: ConsentData, context: RuleContext): void {
  const show = (code: string, what: string, text: string): void =>
    requireText(code, what, text, context)
  show('missing_client', 'the name of the client', data.client.name)
  show('missing_account', 'who is signed in', data.account.name)
  show('missing_redirect_host', 'where the browser goes on to (redirectHost)', data.redirectHost)
  for (const { name } of data.subjects) {
    show('missing_subject_name', 'the name of each company', name)
  }
  for (const { description } of data.resources.flatMap(({ scopes }) => scopes)) {
    show('missing_scope', 'the description of each scope', description)
  }
  if (data.error) show('missing_error', 'what is wrong (error)', context.t(data.error))

  const form = checkForm(data.action, data.csrf, context)
  if (!form) return
  requireSubjects(form, data, context)
  requireChoices(form, data, context)
  requireSubmit(form, 'allow', context)
  requireSubmit(form, 'decline', context)
}

/** Checks that people are told why they cannot go on, and can go back. */
export function checkCannotConnect(data: CannotConnectData, context: RuleContext): void {
  requireText('missing_client', 'the name of the client', data.client.name, context)
  requireText('missing_account', 'who is signed in', data.account.name, context)
  for (const { name, reason } of data.subjects) {
    requireText('missing_subject_name', 'the name of each company', name, context)
    if (reason)
      requireText('missing_reason', 'why it cannot be connected (reason)', reason, context)
  }
  const form = checkForm(data.action, data.csrf, context)
  if (form) requireSubmit(form, 'decline', context)
}

function requireSubjects(
  { element, controls }: DrawnForm,
  { subjects }: ConsentData,
  { report }: RuleContext,
): void {
  const values = new Set(
    controls
      .filter((control) => nameOf(control) === 'subject' && isEnabled(control))
      .map((control) => attributeOf(control, 'value')),
  )
  const isComplete = subjects.every(({ urn, mayConnect }) => !mayConnect || values.has(urn))
  if (isComplete) return
  report(
    'missing_subject',
    'has a form that does not send subject for each company (its urn)',
    element,
  )
}

function requireChoices(
  { element, controls }: DrawnForm,
  { resources }: ConsentData,
  { report }: RuleContext,
): void {
  for (const { name, isOptional } of resources.flatMap(({ scopes }) => scopes)) {
    const box = controls.find(
      (control) =>
        nameOf(control) === 'scope' &&
        attributeOf(control, 'type') === 'checkbox' &&
        attributeOf(control, 'value') === name,
    )
    if (!isOptional || box) continue
    report('missing_scope_choice', 'has no tick box (name="scope") for an optional scope', element)
  }
}
