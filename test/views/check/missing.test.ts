import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  block,
  change,
  consent,
  findings,
  hostConsent,
  hostDisconnect,
  layout,
  login,
  otherFindings,
  type Mistake,
} from '../../support/templates.ts'

const selectAccount = readFileSync('views/select-account.njk', 'utf8')

const wrong: readonly Mistake[] = [
  // What a page is for.
  [
    'no lang',
    layout(' lang="{{ lang }}"'),
    'layout.njk:2 missing_lang has no lang="{{ lang }}" on <html>',
  ],
  ['a lang of its own', layout('{{ lang }}', 'de'), 'layout.njk:2 missing_lang'],
  ['no dir', layout(' dir="{{ dir }}"'), 'layout.njk:2 missing_dir'],
  [
    'no title',
    layout(
      '<title>{% block title %}{{ product }}{% endblock %}</title>',
      '{% if false %}{% block title %}{% endblock %}{% endif %}',
    ),
    'layout.njk:2 missing_title',
  ],
  [
    'no form token',
    consent('<input type="hidden" name="csrf" value="{{ csrf }}">'),
    'consent.njk:6 missing_csrf',
  ],
  [
    'no form',
    block(
      'login',
      "{{ t('login.title') }}{% if error %}{{ t(error) }}{% endif %}{% if client %}{{ client.name }}{% endif %}",
    ),
    'login.njk:1 missing_form has no form',
  ],
  ['a form that is not posted', consent(' method="post"'), 'consent.njk:6 wrong_method'],
  [
    'a form that is posted elsewhere',
    consent('action="{{ action }}"', 'action="/consent"'),
    'consent.njk:6 wrong_action',
  ],
  ['no button to allow', consent('value="allow"'), 'consent.njk:6 missing_allow'],
  [
    'no button to decline',
    consent(
      `<button name="decision" value="decline" formnovalidate>{{ t('consent.decline') }}</button>`,
    ),
    'consent.njk:6 missing_decline',
  ],
  [
    'a button to decline that asks for a company first',
    consent(' formnovalidate'),
    'consent.njk:21 decline_validates',
  ],
  ['no button to go back', login('value="decline"'), 'login.njk:7 missing_decline'],
  ['no choice of a company', consent('name="subject"'), 'consent.njk:6 missing_subject'],
  [
    'no tick box for an optional scope',
    consent(
      '{% if scope.isOptional %}<input type="checkbox" name="scope" value="{{ scope.name }}">{% endif %} ',
    ),
    'consent.njk:6 missing_scope_choice',
  ],
  ['no name of the client', consent('<h1>{{ client.name }}</h1>'), 'consent.njk:6 missing_client'],
  [
    'no host of the redirect',
    consent("<p>{{ t('consent.next', { host: redirectHost }) }}</p>"),
    'consent.njk:6 missing_redirect_host',
  ],
  [
    'no names of companies',
    consent('> {{ subject.name }}', '>'),
    'consent.njk:6 missing_subject_name',
  ],
  ['no descriptions of scopes', consent(' {{ scope.description }}'), 'consent.njk:6 missing_scope'],
  [
    'no word of what is wrong',
    consent('{% if error %}<p role="alert">{{ t(error) }}</p>{% endif %}'),
    'consent.njk:6 missing_error',
  ],
  [
    'nobody who is signed in',
    consent('<p>{{ account.name }}</p>'),
    'consent.njk:6 missing_account',
  ],
  [
    'no button to go on with the account',
    { 'select-account.njk': change(selectAccount, 'value="continue"', '') },
    'select-account.njk:23 missing_continue',
  ],
  [
    'no way to use another account',
    { 'select-account.njk': change(selectAccount, '"{{ switchAction }}"', '"/switch"') },
    'select-account.njk:1 missing_switch has no form with action="{{ switchAction }}"',
  ],
  ['no user name', login('name="username"'), 'login.njk:7 missing_username'],
  ['no password', login('name="password"'), 'login.njk:7 missing_password'],
  [
    'no button to sign in',
    login("<button>{{ t('login.submit') }}</button>"),
    'login.njk:7 missing_submit',
  ],
  [
    'no client to disconnect',
    { 'disconnect.njk': change(hostDisconnect, 'name="client_id"', '') },
    'disconnect.njk:4 missing_client_id',
  ],
  [
    'no company to disconnect',
    { 'disconnect.njk': change(hostDisconnect, 'name="subject"', '') },
    'disconnect.njk:4 missing_subject',
  ],
  [
    'no way to disconnect',
    block(
      'connections',
      '{{ account.name }}{% if done %}{{ t(\'connections.done\', done) }}{% endif %}<a href="{{ signOutUrl or \'\' }}">x</a>{% for v in groupings.concat(filters) %}<a href="{{ v.url }}">x</a>{% endfor %}{% for g in groups %}{% for c in g.connections %}<p>{{ c.client.name }} {{ c.subject.name }} {% for scope in c.scopes %}{{ scope.description }} {% endfor %}</p>{% endfor %}{% endfor %}',
    ),
    'connections.njk:1 missing_disconnect',
  ],
  [
    'no error code',
    block(
      'error',
      '<h1>{{ t(title) }}</h1>{{ t(message) }}{% if continueUrl %}<a href="{{ continueUrl }}">x</a>{% endif %}',
    ),
    'error.njk:1 missing_error_code',
  ],
  [
    'no way on from an error',
    block('error', '<h1>{{ t(title) }}</h1><p>{{ t(message) }} {{ code }}</p>'),
    'error.njk:1 missing_continue',
  ],
  [
    'no way back from an answered request',
    block(
      'answered',
      '<p>{{ application.name }} {{ subject or "" }}</p><a href="{{ connectionsUrl }}">x</a>',
    ),
    'answered.njk:1 missing_application',
  ],
  [
    'no way to the connections from an answered request',
    block(
      'answered',
      '<p>{{ application.name }} {{ subject or "" }}</p><a href="{{ application.url or \'\' }}">x</a>',
    ),
    'answered.njk:1 missing_connections',
  ],
]

describe('templates are refused where they lack', () => {
  test.each(wrong)('%s', (_, files, finding) => {
    expect(otherFindings(files, finding)).toEqual([])
  })
})

test('a layout that leaves the pages out spoils all of them', () => {
  const content = '{% block content %}{% endblock %}'
  const found = findings({
    ...layout(content, `{% if false %}${content}{% endif %}`),
    'consent.njk': hostConsent,
  })
  expect(found).toContain('layout.njk:1 missing_form has no form')
  expect(found).toContain('consent.njk:1 missing_form has no form')
})
