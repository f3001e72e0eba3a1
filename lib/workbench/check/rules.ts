import type { Page, PageData } from '../../pages/page-data.ts'
import { attributeOf, toWords, type DrawnPage } from './drawn.ts'
import { checkConsent, checkCannotConnect } from './consent-rules.ts'
import {
  checkForm,
  requireField,
  requireSubmit,
  requireText,
  type RuleContext,
} from './form-rules.ts'

/** What is drawn, with what it was drawn of. */
export interface DrawnSample<Name extends Page = Page> {
  readonly data: PageData[Name]
  readonly drawn: DrawnPage
  /** The language and the direction it was drawn in. */
  readonly lang: string
  readonly dir: string
}

type Rules = {
  readonly [Name in Page]: (data: PageData[Name], context: RuleContext) => void
}

const rules: Rules = {
  consent: checkConsent,
  'cannot-connect': checkCannotConnect,
  login: (data, context) => {
    const form = checkForm(data.action, data.csrf, context)
    if (data.client)
      requireText('missing_client', 'the name of the client', data.client.name, context)
    if (data.error)
      requireText('missing_error', 'what is wrong (error)', context.t(data.error), context)
    if (!form) return
    requireField(form, 'username', undefined, context)
    requireField(form, 'password', undefined, context)
    requireSubmit(form, undefined, context)
    if (data.client) requireSubmit(form, 'decline', context)
  },
  'select-account': ({ client, account, action, switchAction, csrf }, context) => {
    requireText('missing_client', 'the name of the client', client.name, context)
    requireText('missing_account', 'who is signed in', account.name, context)
    if (!context.drawn.forms.some((form) => form.action === switchAction)) {
      context.report('missing_switch', 'has no form with action="{{ switchAction }}"')
    }
    const form = checkForm(action, csrf, context)
    if (!form) return
    requireSubmit(form, 'continue', context)
    requireSubmit(form, 'decline', context)
  },
  connections: ({ subjects, signOutUrl, done, account }, context) => {
    requireText('missing_account', 'who is signed in', account.name, context)
    if (done) requireText('missing_notice', 'what was disconnected (done)', done.client, context)
    for (const { name, connections } of subjects) {
      requireText('missing_subject_name', 'the name of each company', name, context)
      for (const { client, disconnectUrl, scopes } of connections) {
        requireText('missing_client', 'the name of each client', client.name, context)
        requireLink(
          'missing_disconnect',
          'the link that ends each connection',
          disconnectUrl,
          context,
        )
        for (const { description } of scopes) {
          requireText('missing_scope', 'the description of each scope', description, context)
        }
      }
    }
    if (signOutUrl) requireLink('missing_sign_out', 'the link to sign out', signOutUrl, context)
  },
  disconnect: (data, context) => {
    requireText('missing_client', 'the name of the client', data.client.name, context)
    requireText('missing_subject_name', 'the name of the company', data.subject.name, context)
    const form = checkForm(data.action, data.csrf, context)
    if (!form) return
    requireField(form, 'client_id', data.clientId, context)
    requireField(form, 'subject', data.subject.urn, context)
    requireSubmit(form, undefined, context)
  },
  'sign-out': ({ isDone, action, csrf }, context) => {
    if (isDone) return
    const form = checkForm(action, csrf, context)
    if (form) requireSubmit(form, undefined, context)
  },
  answered: ({ outcome, application, subject, connectionsUrl }, context) => {
    requireText('missing_client', 'the name of the client', application.name, context)
    if (outcome === 'allowed' && subject) {
      requireText('missing_subject_name', 'the name of the company', subject, context)
    }
    const toApplication = 'the link to the application'
    if (application.url) requireLink('missing_application', toApplication, application.url, context)
    requireLink('missing_connections', 'the link to the connections', connectionsUrl, context)
  },
  error: ({ title, message, code, continueUrl }, context) => {
    requireText('missing_error', 'what went wrong (title)', context.t(title), context)
    requireText(
      'missing_error_message',
      'what people can do (message)',
      context.t(message),
      context,
    )
    requireText('missing_error_code', 'the code of the error', code, context)
    if (continueUrl) requireLink('missing_continue', 'the link to go on', continueUrl, context)
  },
}

/** Checks that a page has what it is for. */
export function checkDrawn<Name extends Page>(
  page: Name,
  { data, lang, dir, drawn }: DrawnSample<Name>,
  context: RuleContext,
): void {
  requireAttribute('lang', lang, context)
  requireAttribute('dir', dir, context)
  const title = drawn.elements.find(({ tagName }) => tagName === 'title')
  const hasTitle = title?.childNodes.some((node) => 'value' in node && toWords(node.value) !== '')
  if (!hasTitle) context.report('missing_title', 'has no title', drawn.html)
  rules[page](data, context)
}

function requireAttribute(name: string, value: string, { drawn, report }: RuleContext): void {
  if (drawn.html && attributeOf(drawn.html, name) === value) return
  report(`missing_${name}`, `has no ${name}="{{ ${name} }}" on <html>`, drawn.html)
}

function requireLink(
  code: string,
  what: string,
  url: string,
  { drawn, report }: RuleContext,
): void {
  const isThere = drawn.elements.some(
    (element) => element.tagName === 'a' && attributeOf(element, 'href') === url,
  )
  if (!isThere) report(code, `lacks ${what}`)
}
