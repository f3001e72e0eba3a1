import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFolder } from '../../support/folder.ts'
import { issuesOfViews } from '../../support/issues.ts'
import {
  block,
  change,
  consent,
  findings,
  hostConsent,
  hostLayout,
  hostLogin,
  layout,
  login,
} from '../../support/templates.ts'

const bundled = join(import.meta.dirname, '../../../views')

describe('the check of templates lets pass', () => {
  test('pages in full', () => {
    expect(
      findings({ 'login.njk': hostLogin, 'consent.njk': hostConsent, 'layout.njk': hostLayout }),
    ).toEqual([])
  })

  test('single blocks', () => {
    const files = {
      'layout.njk': `{% extends 'pleo/layout.njk' %}\n{% block footer %}<p>{{ locals.help }}</p>{{ super() }}{% endblock %}`,
      ...block('login', '<p>{{ product }}</p>{{ super() }}'),
      'consent.njk': hostConsent,
    }
    expect(findings(files, { help: 'Help' })).toEqual([])
  })

  test('pieces of its own, in folders, with macros, loops and variables', () => {
    const files = {
      'login.njk': change(
        hostLogin,
        '<h1>',
        `{% import 'parts/icons.njk' as icons %}{% from 'parts/words.njk' import intro with context %}
         {% set items = ['a', 'b'] %}{% for key, value in { x: 1 } %}{{ key }}{{ value }}{% endfor %}
         {% for item in items %}{{ loop.index }}{{ item.length }}{{ item | upper }}{% else %}{{ lang }}{% endfor %}
         {% set text %}{{ icons.key(size=2) }}{% endset %}{{ text }}{{ joiner()() }}{% for i in range(3) %}{{ i }}{% endfor %}
         {% call intro('x') %}{{ username }}{% endcall %}{% include 'parts/note.njk' %}
         {% if username is string and not (client and client.contacts.length > 1) %}{{ username | replace('a', 'b') }}{% endif %}<h1>`,
      ),
      'parts/icons.njk': '{% macro key(size=1) %}<i>{{ size }}</i>{% endmacro %}',
      'parts/words.njk':
        "{% macro intro(word) %}{{ word }}{{ t('login.title') }}{{ caller() }}{% endmacro %}",
      'parts/note.njk': '{% if client %}{{ client.initials }}{% endif %}{{ items | first }}',
      'logo.svg': '<svg/>',
    }
    expect(findings(files)).toEqual([])
  })

  test('macros that this page does not call, and members that only some have', () => {
    const files = {
      'layout.njk': change(
        hostLayout,
        '<header>',
        `{% from 'parts.njk' import help, subjectList with context %}{{ help() }}
         {% for link in locals.links %}<a href="{{ link.url }}">{% if link.icon %}{{ link.icon }}{% endif %}</a>{% endfor %}
         {% if locals.isNew %}{% set badge = 'new' %}{% endif %}{% if badge %}{{ badge }}{% endif %}
         {% if locals.phone %}<a href="tel:{{ locals.phone.number }}">{{ locals.phone.words | upper }}</a>{% endif %}<header>`,
      ),
      'parts.njk': `{% extends 'pleo/parts.njk' %}
        {% macro help() %}{{ locals.links[0].url }}{% raw %}{{ client.nmae }}{% if %}{% endraw %}{% endmacro %}
        {% macro subjectList() %}{% for subject in subjects %}{{ subject.name }}{% endfor %}{{ redirectHost }}{% endmacro %}`,
    }
    const links = [{ url: '/help' }, { url: '/status', icon: 'light' }]
    expect(findings(files, { links, isNew: false, phone: null })).toEqual([])
  })

  test('our own templates, copied', () => {
    const names = readdirSync(bundled).filter((name) => /\.(njk|css|js)$/.test(name))
    const files = Object.fromEntries(
      names.map((name) => [name, readFileSync(join(bundled, name), 'utf8')]),
    )
    expect(findings(files)).toEqual([])
  })
})

describe('the check of templates', () => {
  test('says everything at once, with what else is wrong', () => {
    const first = createFolder({ 'login.njk': hostLogin.replaceAll(/ (?:lang|dir)="[^"]*"/g, '') })
    const second = createFolder({ 'error.njk': '{{ nothing }}', 'login.njk': 'not used' })
    const issues = issuesOfViews({ directories: [first, second], theme: { radius: 1 }, local: {} })
    expect(issues.map(({ path, code }) => `${path} ${code}`).toSorted()).toEqual([
      'views.directories[0] missing_dir',
      'views.directories[0] missing_lang',
      'views.directories[1] unknown_variable',
      'views.local unknown_option',
      'views.theme.radius invalid_type',
    ])
  })

  test('gives each mistake once, however many pages and states have it', () => {
    expect(findings(layout(' lang="{{ lang }}"'))).toHaveLength(1)
    expect(findings(consent(' formnovalidate'))).toHaveLength(1)
  })

  test('knows the texts that the host adds', () => {
    const locales = createFolder({
      'en.json': JSON.stringify({ scopes: { 'accounts:read': 'See' } }),
    })
    const directories = [createFolder(login('login.submit', 'scopes.accounts:read'))]
    expect(issuesOfViews({ directories, locales: [locales] })).toEqual([])
  })

  test('shows no values', () => {
    const secret = 'kept-to-itself'
    const found = findings(login('<h1>', '<h1>{{ locals.wrong }}'), { secret })
    expect(found.join('\n')).not.toContain(secret)
  })
})
