import { describe, expect, test } from 'vitest'
import { createTemplates, TemplateFailure } from '../../lib/pages/templates.ts'

function failureOf(files: Readonly<Record<string, string>>, data: object = {}): string {
  const templates = createTemplates((name) => files[name])
  try {
    return templates.render('page', data)
  } catch (error) {
    return error instanceof TemplateFailure ? error.message : `another error: ${String(error)}`
  }
}

const fail = (): never => {
  throw new TypeError('there is no text x')
}
const layout = 'one\ntwo\n{% block content %}{% endblock %}\n{{ footer }}'

describe('a template that fails says in which file and line', () => {
  test.each([
    ['by itself', { page: '\n\n{{ x }}' }, 'page:3 '],
    ['in the first line', { page: '{{ x }}' }, 'page:1 '],
    [
      'in a block',
      { page: "{% extends 'layout' %}\n{% block content %}\n{{ x }}{% endblock %}", layout },
      'page:3 ',
    ],
    ['in what it extends', { page: "{% extends 'layout' %}", layout }, 'layout:4 '],
    ['in what it includes', { page: "\n\n\n{% include 'part' %}", part: 'a\n{{ x }}' }, 'part:2 '],
    [
      'in a macro of another',
      {
        page: "{% import 'part' as part %}\n{{ part.m() }}",
        part: '\n\n{% macro m() %}\n{{ x }}{% endmacro %}',
      },
      'part:4 ',
    ],
    [
      'in what it calls',
      { page: "{% extends 'layout' %}{% block content %}\n\n{{ fail() }}{% endblock %}", layout },
      'page:3 there is no text x',
    ],
  ])('%s', (_, files, message) => {
    expect(
      failureOf(files, { fail, ...(message.includes('layout:') ? {} : { footer: 'x' }) }),
    ).toContain(message)
  })

  test('the second time as well', () => {
    const files: Readonly<Record<string, string>> = { page: "{% extends 'layout' %}", layout }
    const templates = createTemplates((name) => files[name])
    for (let time = 0; time < 2; time += 1) {
      expect(() => templates.render('page', {})).toThrow('layout:4 ')
    }
    expect(templates.render('page', { footer: 'x' })).toBe('one\ntwo\n\nx')
  })

  test('and what it was that failed', () => {
    const templates = createTemplates(() => '{{ fail() }}')
    expect(() => templates.render('page', { fail })).toThrow(
      expect.objectContaining({ cause: expect.any(TypeError) }),
    )
  })
})
