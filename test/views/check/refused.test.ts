import { describe, expect, test } from 'vitest'
import { layout, login, otherFindings, type Mistake } from '../../support/templates.ts'

const wrong: readonly Mistake[] = [
  // What lets strangers in, or is refused by browsers.
  [
    'output that is not escaped',
    login('{{ client.name }}', '{{ client.name | safe }}'),
    'login.njk:6 unsafe_output',
  ],
  [
    'a script in the page',
    layout('</head>', '<script>1</script></head>'),
    'layout.njk:6 inline_script',
  ],
  [
    'a handler in the page',
    login('<input name="username"', '<input onfocus="go()" name="username"'),
    'login.njk:10 inline_handler has onfocus="…"',
  ],
  [
    'a script as a link',
    layout('<header>', '<a href="javascript:history.back()">x</a><header>'),
    'layout.njk:8 script_url',
  ],
  [
    'styles in the page',
    layout('<header>', '<header style="color: red">'),
    'layout.njk:8 inline_style has style="…"',
  ],
  [
    'a script from elsewhere',
    layout('</head>', '<script src="https://cdn.example/x.js"></script></head>'),
    'layout.njk:6 foreign_asset loads src of <script> from elsewhere',
  ],
  [
    'a picture from elsewhere, where only the value tells',
    layout('<header>', '<header>\n<img src="{{ locals.cdn }}/x.png">'),
    'layout.njk:9 foreign_asset loads src of <img> from elsewhere',
  ],
  [
    'a frame',
    layout('<header>', '<iframe src="/x"></iframe><header>'),
    'layout.njk:8 refused_element has <iframe>',
  ],
  [
    'an attribute without quotes',
    login('value="{{ username }}"', 'value={{ username }}'),
    'login.njk:10 unquoted_attribute',
  ],
  // What fails when it is drawn.
  [
    'something that may be null',
    login('<h1>', '<h1>{{ client.host }}'),
    'login.njk:5 writes_nothing',
  ],
  ['an object', login('<h1>', '<h1 title="{{ links }}">'), 'login.njk:5 writes_object'],
  [
    'a text without its value',
    login(', { client: client.name }'),
    'login.njk:14 render_failed cannot be drawn: a value is missing for {{client}}',
  ],
]

describe('templates are refused for', () => {
  test.each(wrong)('%s', (_, files, finding) => {
    expect(otherFindings(files, finding)).toEqual([])
  })
})
