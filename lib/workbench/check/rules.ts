import type { ConsentData, Page, PageData } from '../../pages/page-data.ts'
import { attributeOf, isEnabled, nameOf, toWords, type DrawnForm } from '../../validation/html.ts'
import { createRequirements, type Requirements, type RuleContext } from './form-rules.ts'

type Rule<Data> = (data: Data, requires: Requirements, context: RuleContext) => void

const rules: { readonly [Name in Page]: Rule<PageData[Name]> } = {
  login: ({ client, error, action, csrf }, { text, form }, { t }) => {
    text('missing_client', 'the name of the client', client?.name)
    text('missing_error', 'what is wrong (error)', error && t(error))
    form(action, csrf)
      ?.field('username')
      .field('password')
      .submit()
      .submit(client ? 'decline' : null)
  },
  'select-account': ({ client, account, action, switchAction, csrf }, { text, form }, context) => {
    text('missing_client', 'the name of the client', client.name)
    text('missing_account', 'who is signed in', account.name)
    if (!context.drawn.forms.some((one) => one.action === switchAction)) {
      context.report('missing_switch', 'has no form with action="{{ switchAction }}"')
    }
    form(action, csrf)?.submit('continue').submit('decline')
  },
  consent: (data, { text, form }, { t, report }) => {
    text('missing_client', 'the name of the client', data.client.name)
    text('missing_account', 'who is signed in', data.account.name)
    text('missing_redirect_host', 'where the browser goes on to (redirectHost)', data.redirectHost)
    for (const { name } of data.subjects) {
      text('missing_subject_name', 'the name of each company', name)
    }
    for (const { description } of data.resources.flatMap(({ scopes }) => scopes)) {
      text('missing_scope', 'the description of each scope', description)
    }
    text('missing_error', 'what is wrong (error)', data.error && t(data.error))
    const found = form(data.action, data.csrf)
    if (!found) return
    requireChoices(found.drawn, data, report)
    found.submit('allow').submit('decline')
  },
  'cannot-connect': ({ client, account, subjects, action, csrf }, { text, form }) => {
    text('missing_client', 'the name of the client', client.name)
    text('missing_account', 'who is signed in', account.name)
    for (const { name, reason } of subjects) {
      text('missing_subject_name', 'the name of each company', name)
      text('missing_reason', 'why it cannot be connected (reason)', reason)
    }
    form(action, csrf)?.submit('decline')
  },
  connections: ({ subjects, signOutUrl, done, account }, { text, link }) => {
    text('missing_account', 'who is signed in', account.name)
    text('missing_notice', 'what was disconnected (done)', done?.client)
    for (const { name, connections } of subjects) {
      text('missing_subject_name', 'the name of each company', name)
      for (const { client, disconnectUrl, scopes } of connections) {
        text('missing_client', 'the name of each client', client.name)
        link('missing_disconnect', 'the link that ends each connection', disconnectUrl)
        for (const { description } of scopes) {
          text('missing_scope', 'the description of each scope', description)
        }
      }
    }
    link('missing_sign_out', 'the link to sign out', signOutUrl)
  },
  disconnect: ({ client, clientId, subject, action, csrf }, { text, form }) => {
    text('missing_client', 'the name of the client', client.name)
    text('missing_subject_name', 'the name of the company', subject.name)
    form(action, csrf)?.field('client_id', clientId).field('subject', subject.urn).submit()
  },
  'sign-out': ({ isDone, action, csrf }, { form }) => {
    if (!isDone) form(action, csrf)?.submit()
  },
  answered: ({ outcome, application, subject, connectionsUrl }, { text, link }) => {
    text('missing_client', 'the name of the client', application.name)
    text(
      'missing_subject_name',
      'the name of the company',
      outcome === 'allowed' ? subject : undefined,
    )
    link('missing_application', 'the link to the application', application.url)
    link('missing_connections', 'the link to the connections', connectionsUrl)
  },
  error: ({ title, message, code, continueUrl }, { text, link }, { t }) => {
    text('missing_error', 'what went wrong (title)', t(title))
    text('missing_error_message', 'what people can do (message)', t(message))
    text('missing_error_code', 'the code of the error', code)
    link('missing_continue', 'the link to go on', continueUrl)
  },
}

/** A person must be able to choose each company, and decide on each optional scope. */
function requireChoices(
  { element, controls }: DrawnForm,
  { subjects, resources }: ConsentData,
  report: RuleContext['report'],
): void {
  const named = (name: string) => controls.filter((control) => nameOf(control) === name)
  const urns = named('subject')
    .filter(isEnabled)
    .map((control) => attributeOf(control, 'value'))
  if (subjects.some(({ urn, mayConnect }) => mayConnect && !urns.includes(urn))) {
    const message = 'has a form that does not send subject for each company (its urn)'
    report('missing_subject', message, element)
  }
  const boxes = named('scope')
    .filter((control) => attributeOf(control, 'type') === 'checkbox')
    .map((control) => attributeOf(control, 'value'))
  const scopes = resources.flatMap((resource) => resource.scopes)
  if (scopes.some(({ name, isOptional }) => isOptional && !boxes.includes(name))) {
    const message = 'has no tick box (name="scope") for an optional scope'
    report('missing_scope_choice', message, element)
  }
}

/** Checks that a page does its task. */
export function checkDrawn<Name extends Page>(
  page: Name,
  data: PageData[Name],
  { lang, dir }: { readonly lang: string; readonly dir: string },
  context: RuleContext,
): void {
  const { html, elements } = context.drawn
  const requires = createRequirements(context)
  requires.attribute('lang', lang)
  requires.attribute('dir', dir)
  const title = elements.find(({ tagName }) => tagName === 'title')
  const hasTitle = title?.childNodes.some((node) => 'value' in node && toWords(node.value) !== '')
  if (!hasTitle) context.report('missing_title', 'has no title', html)
  rules[page](data, requires, context)
}
