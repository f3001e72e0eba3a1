import { createFolder } from './folder.ts'
import { issuesOfViews } from './issues.ts'

/** A layout of a host, in full. */
export const hostLayout = `<!doctype html>
<html lang="{{ lang }}" dir="{{ dir }}">
  <head>
    <title>{% block title %}{{ product }}{% endblock %}</title>
    <link rel="stylesheet" href="{{ stylesheet }}">
  </head>
  <body>
    <header>{{ product }}</header>
    {% block content %}{% endblock %}
  </body>
</html>
`

/** A sign-in page of a host, in full: it extends nothing. */
export const hostLogin = `<!doctype html>
<html lang="{{ lang }}" dir="{{ dir }}">
  <head><title>{{ t('login.title') }}</title></head>
  <body>
    <h1>{{ t('login.heading') }}</h1>
    {% if client %}<p>{{ client.name }}</p>{% endif %}
    <form method="post" action="{{ action }}">
      <input type="hidden" name="csrf" value="{{ csrf }}">
      {% if error %}<p role="alert">{{ t(error) }}</p>{% endif %}
      <input name="username" value="{{ username }}">
      <input name="password" type="password">
      <button>{{ t('login.submit') }}</button>
      {% if client %}
        <button name="decision" value="decline">{{ t('login.cancel', { client: client.name }) }}</button>
      {% endif %}
    </form>
  </body>
</html>
`

/** A consent page of a host, in full. */
export const hostConsent = `{% extends 'layout.njk' %}
{% block title %}{{ t('consent.title', { client: client.name }) }}{% endblock %}
{% block content %}
  <h1>{{ client.name }}</h1>
  <p>{{ account.name }}</p>
  <form method="post" action="{{ action }}">
    <input type="hidden" name="csrf" value="{{ csrf }}">
    {% if error %}<p role="alert">{{ t(error) }}</p>{% endif %}
    {% for subject in subjects %}
      <label><input type="radio" name="subject" value="{{ subject.urn }}" required{% if not subject.mayConnect %} disabled{% endif %}> {{ subject.name }}</label>
    {% endfor %}
    {% for resource in resources %}
      <h2>{{ resource.name }}</h2>
      <ul>
        {% for scope in resource.scopes %}
          <li>{% if scope.isOptional %}<input type="checkbox" name="scope" value="{{ scope.name }}">{% endif %} {{ scope.description }}</li>
        {% endfor %}
      </ul>
    {% endfor %}
    <button name="decision" value="allow">{{ t('consent.allow') }}</button>
    <button name="decision" value="decline" formnovalidate>{{ t('consent.decline') }}</button>
    <p>{{ t('consent.next', { host: redirectHost }) }}</p>
  </form>
{% endblock %}
`

/** The page of a host that ends a connection. */
export const hostDisconnect = `{% extends 'layout.njk' %}
{% block content %}
  <h1>{{ client.name }}, {{ subject.name }}</h1>
  <form method="post" action="{{ action }}">
    <input type="hidden" name="csrf" value="{{ csrf }}">
    <input type="hidden" name="client_id" value="{{ clientId }}">
    <input type="hidden" name="subject" value="{{ subject.urn }}">
    <button>{{ t('connections.confirm.submit') }}</button>
  </form>
{% endblock %}
`

/** Files of a host, by name. */
export type Files = Readonly<Record<string, string>>

/** A template with one part of it replaced. */
export function change(template: string, part: string, by: string): string {
  if (!template.includes(part)) throw new Error(`the template does not have ${part}`)
  return template.replace(part, by)
}

/** The consent page of the host, with one part of it replaced. */
export const consent = (part: string, by = ''): Files => ({
  'consent.njk': change(hostConsent, part, by),
})

/** The sign-in page of the host, with one part of it replaced. */
export const login = (part: string, by = ''): Files => ({
  'login.njk': change(hostLogin, part, by),
})

/** The layout of the host, with one part of it replaced. */
export const layout = (part: string, by = ''): Files => ({
  'layout.njk': change(hostLayout, part, by),
})

/** A template of ours, with one block of it replaced. */
export const block = (template: string, content: string, name = 'content'): Files => ({
  [`${template}.njk`]: `{% extends 'pleo/${template}.njk' %}\n{% block ${name} %}\n${content}\n{% endblock %}\n`,
})

/** What is said about these files: place, code and message of each. */
export const findings = (files: Files, locals: object = {}): readonly string[] =>
  issuesOfViews({ directories: [createFolder(files)], locals }).map(({ path, code, message }) => {
    if (path !== 'views.directories[0]') throw new Error(`a finding elsewhere: ${path}`)
    const [place = '', ...words] = message.split(' ')
    return [place, code, ...words].join(' ')
  })

/** A name for a mistake, the files that make it, and how what is said about it begins. */
export type Mistake = readonly [string, Files, string]

/** What is said about these files beside that. */
export function otherFindings(files: Files, finding: string): readonly string[] {
  const found = findings(files, { help: '/help', cdn: 'https://cdn.example' })
  const others = found.filter((line) => !line.startsWith(finding))
  if (others.length !== found.length - 1) throw new Error(`not once in: ${found.join('\n')}`)
  return others
}
