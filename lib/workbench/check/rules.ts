import type { ConsentData, Page, PageData } from '../../pages/page-data.ts'
import { attributeOf, isEnabled, nameOf, type DrawnForm } from '../../validation/html.ts'
import type { Part, Report, Requirements } from './requirements.ts'

const part =
  (code: string, name: string) =>
  (value: string | null | undefined): Part => [code, name, value]

const client = part('missing_client', 'the name of the client')
const account = part('missing_account', 'who is signed in')
const company = part('missing_subject_name', 'the name of each company')
const reason = part('missing_reason', 'why it cannot be connected (reason)')
const scope = part('missing_scope', 'the description of each scope')
const problem = part('missing_error', 'what is wrong (error)')
const redirectHost = part('missing_redirect_host', 'where the browser goes on to (redirectHost)')
const notice = part('missing_notice', 'what was disconnected (done)')
const disconnectLink = part('missing_disconnect', 'the link that ends each connection')
const viewLink = part('missing_view', 'each link to another view of the list (groupings, filters)')
const signOutLink = part('missing_sign_out', 'the link to sign out')
const applicationLink = part('missing_application', 'the link to the application')
const connectionsLink = part('missing_connections', 'the link to the connections')
const continueLink = part('missing_continue', 'the link to go on')
const errorTitle = part('missing_error', 'what went wrong (title)')
const errorMessage = part('missing_error_message', 'what people can do (message)')
const errorCode = part('missing_error_code', 'the code of the error')

/** The requirements of each page, by its data. */
export const rules: {
  readonly [Name in Page]: (data: PageData[Name], t: (path: string) => string) => Requirements
} = {
  login: (data, t) => ({
    texts: [client(data.client?.name), problem(data.error && t(data.error))],
    form: {
      ...data,
      fields: { username: undefined, password: undefined },
      buttons: data.client ? ['send', 'decline'] : ['send'],
    },
  }),
  'select-account': (data) => ({
    texts: [client(data.client.name), account(data.account.name)],
    switchAction: data.switchAction,
    form: { ...data, buttons: ['continue', 'decline'] },
  }),
  consent: (data, t) => ({
    texts: [
      client(data.client.name),
      account(data.account.name),
      redirectHost(data.redirectHost),
      ...data.subjects.map(({ name }) => company(name)),
      ...data.resources.flatMap(({ scopes }) => scopes.map((one) => scope(one.description))),
      problem(data.error && t(data.error)),
    ],
    form: {
      ...data,
      buttons: ['allow', 'decline'],
      check: (form, report) => checkChoices(form, data, report),
    },
  }),
  'cannot-connect': (data) => ({
    texts: [
      client(data.client.name),
      account(data.account.name),
      ...data.subjects.flatMap((one) => [company(one.name), reason(one.reason)]),
    ],
    form: { ...data, buttons: ['decline'] },
  }),
  connections: (data) => {
    const connections = data.groups.flatMap((group) => group.connections)
    const scopes = connections.flatMap((connection) => connection.scopes)
    const views = [...data.groupings, ...data.filters]
    return {
      texts: [
        account(data.account.name),
        notice(data.done?.client),
        ...connections.map((connection) => client(connection.client.name)),
        ...connections.map((connection) => company(connection.subject.name)),
        ...scopes.map(({ description }) => scope(description)),
      ],
      links: [
        ...connections.map(({ disconnectUrl }) => disconnectLink(disconnectUrl)),
        ...views.map(({ url }) => viewLink(url)),
        signOutLink(data.signOutUrl),
      ],
    }
  },
  disconnect: (data) => ({
    texts: [client(data.client.name), company(data.subject.name)],
    form: {
      ...data,
      fields: { client_id: data.clientId, subject: data.subject.urn },
      buttons: ['send'],
    },
  }),
  'sign-out': (data) => ({
    texts: [],
    form: data.isDone ? undefined : { ...data, buttons: ['send'] },
  }),
  answered: ({ outcome, application, subject, connectionsUrl }) => ({
    texts: [client(application.name), company(outcome === 'allowed' ? subject : null)],
    links: [applicationLink(application.url), connectionsLink(connectionsUrl)],
  }),
  error: ({ title, message, code, continueUrl }, t) => ({
    texts: [errorTitle(t(title)), errorMessage(t(message)), errorCode(code)],
    links: [continueLink(continueUrl)],
  }),
}

/** A person must be able to choose each company, and decide on each optional scope. */
function checkChoices(
  { element, controls }: DrawnForm,
  { subjects, resources }: ConsentData,
  report: Report,
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
