import { describe, expect, test } from 'vitest'
import {
  block,
  consent,
  findings,
  hostConsent,
  hostLogin,
  layout,
  login,
  otherFindings,
  type Mistake,
} from '../../support/templates.ts'

const wrong: readonly Mistake[] = [
  // What cannot be read.
  ['a tag that is not closed', login('{% endif %}'), 'login.njk:18 template_syntax'],
  [
    'a tag that does not exist',
    login('<h1>', '{% blok %}<h1>'),
    'login.njk:5 template_syntax cannot be read: unknown block tag: blok',
  ],
  [
    'a block that is there twice',
    {
      'login.njk':
        '{% extends "layout.njk" %}{% block a %}{% endblock %}{% block a %}{% endblock %}',
    },
    'login.njk:1 template_syntax',
  ],
  // What does not exist.
  [
    'an unknown variable',
    login('{{ username }}', '{{ usrname }}'),
    'login.njk:10 unknown_variable names usrname, which does not exist here (did you mean "username"?)',
  ],
  [
    'an unknown variable in a condition',
    login('{% if error %}', '{% if eror %}'),
    'login.njk:9 unknown_variable names eror, which does not exist here (did you mean "error"?)',
  ],
  [
    'an unknown member',
    consent('<h1>{{ client.name', '<h1>{{ client.nmae'),
    'consent.njk:4 unknown_member names client.nmae, which does not exist (did you mean "name"?)',
  ],
  [
    'an unknown member in a loop',
    consent('{% if scope.isOptional', '{% if scope.optional'),
    'consent.njk:16 unknown_member names scope.optional, which does not exist (did you mean "isOptional"?)',
  ],
  [
    'an unknown local',
    login('<h1>', '<h1>{{ locals.hepl }}'),
    'login.njk:5 unknown_member names locals.hepl, which does not exist (did you mean "help"?)',
  ],
  [
    'a variable of another page',
    layout('<header>', '<header>{{ redirectHost }}'),
    'layout.njk:8 unknown_variable names redirectHost, which does not exist here',
  ],
  [
    'an unknown member in a macro',
    consent(
      '<h1>{{ client.name }}',
      '{% macro who(c) %}{{ c.nam }}{% endmacro %}\n<h1>{{ client.name }}{{ who(client) }}',
    ),
    'consent.njk:4 unknown_member names c.nam, which does not exist (did you mean "name"?)',
  ],
  [
    'an unknown text',
    login("t('login.submit')", "t('login.sumbit')"),
    'login.njk:12 unknown_text names the text login.sumbit, which does not exist (did you mean "login.submit"?)',
  ],
  [
    'unknown texts',
    consent("t('consent.allow')", "t('consent.alow.' ~ subjectType)"),
    'consent.njk:20 unknown_text names texts that begin with consent.alow., which do not exist',
  ],
  [
    'an unknown filter',
    login('{{ username }}', '{{ username | uper }}'),
    'login.njk:10 unknown_filter names the filter uper, which does not exist (did you mean "upper"?)',
  ],
  [
    'an unknown test',
    login('{% if error %}', '{% if error is strin %}'),
    'login.njk:9 unknown_test names the test strin, which does not exist (did you mean "string"?)',
  ],
  [
    'a template that does not exist',
    { 'login.njk': "{% extends 'pleo/logn.njk' %}" },
    'login.njk:1 unknown_template names the template pleo/logn.njk, which does not exist (did you mean "pleo/login.njk"?)',
  ],
  [
    'an include that does not exist',
    login('<h1>', "{% include 'intro.njk' %}<h1>"),
    'login.njk:5 unknown_template names the template intro.njk, which does not exist',
  ],
  [
    'a template that extends itself',
    { 'login.njk': "\n{% extends 'login.njk' %}" },
    'login.njk:2 template_circle leads back to login.njk in a circle (ours is "pleo/login.njk")',
  ],
  [
    'a template by a name that is worked out',
    login('<h1>', '{% include username %}<h1>'),
    'login.njk:5 dynamic_template must name the other template in quotes',
  ],
  [
    'an unknown block',
    block('login', 'x', 'contnt'),
    'login.njk:2 unknown_block has the block contnt, which is drawn nowhere (did you mean "content"?)',
  ],
  [
    'an unknown import',
    {
      ...login('<h1>', "{% from 'my.njk' import foot %}<h1>"),
      'my.njk': '{% macro food() %}x{% endmacro %}',
    },
    'login.njk:5 unknown_import imports foot, which that template does not have (did you mean "food"?)',
  ],
  [
    'an import that needs the page',
    {
      ...login('<h1>', "{% from 'my.njk' import foot %}{{ foot() }}<h1>"),
      'my.njk': "{% macro foot() %}\n{{ t('login.title') }}{% endmacro %}",
    },
    'my.njk:2 unknown_variable names t, which does not exist here (import the template "with context")',
  ],
  [
    'a file that no page uses',
    { 'consnet.njk': hostConsent },
    'consnet.njk:1 unused_template is used by no page (did you mean "consent.njk"?)',
  ],
  [
    'a style sheet by another name',
    { 'style.css': '' },
    'style.css:1 unused_template is used by no page (did you mean "styles.css"?)',
  ],
  [
    'a page with another ending',
    { 'login.html': hostLogin },
    'login.html:1 unused_template is used by no page (did you mean "login.njk"?)',
  ],
]

// No page of ours is in a state in which these are drawn.
const unseen: readonly Mistake[] = [
  [
    'an unknown member in a branch that no state enters',
    login('<h1>', "{% if locals.help == '' %}{{ client.nmae }}{% endif %}<h1>"),
    'login.njk:5 unknown_member names client.nmae',
  ],
  [
    'an unknown variable in a branch within such a branch',
    login(
      '<h1>',
      "{% if locals.help == '' %}{{ client.uri.trim() }}\n{% if false %}{{ usrname }}{% endif %}{% endif %}<h1>",
    ),
    'login.njk:6 unknown_variable names usrname',
  ],
  [
    'an unknown member in an else branch that no state enters',
    login(
      '<h1>',
      "{% if locals.help %}x{% elif product == '' %}y{% else %}{{ client.nmae }}{% endif %}<h1>",
    ),
    'login.njk:5 unknown_member names client.nmae',
  ],
  [
    'an unknown member in an expression that no state needs',
    login('<h1>', '{{ product or client.nmae }}<h1>'),
    'login.njk:5 unknown_member names client.nmae',
  ],
  [
    'an unknown member in the other half of an expression',
    login('<h1>', '{{ product if locals.help else client.nmae }}<h1>'),
    'login.njk:5 unknown_member names client.nmae',
  ],
  [
    'an unknown member in a loop through an empty list',
    login(
      '<h1>',
      '{% for x in [] %}{% for y, z in {} %}{{ client.nmae }}{% endfor %}{% endfor %}<h1>',
    ),
    'login.njk:5 unknown_member names client.nmae',
  ],
  [
    'an unknown member in place of a list that is never empty',
    login('<h1>', '{% for x in [1] %}{{ x }}{% else %}{{ client.nmae }}{% endfor %}<h1>'),
    'login.njk:5 unknown_member names client.nmae',
  ],
  [
    'an unknown member in a case that no state has',
    login(
      '<h1>',
      "{% switch product %}{% case 'x' %}{{ client.nmae }}{% default %}{{ product }}{% endswitch %}<h1>",
    ),
    'login.njk:5 unknown_member names client.nmae',
  ],
  [
    'an unknown member in a macro that calls itself',
    login(
      '<h1>',
      '{% macro tree(x) %}{% if x == 0 %}{{ tree(x) }}{{ client.nmae }}{% endif %}{% endmacro %}{{ tree(1) }}<h1>',
    ),
    'login.njk:5 unknown_member names client.nmae',
  ],
]

test('a page has every mistake in it reported at once', () => {
  const files = login('<h1>', '{{ usrname }}{{ client.nmae }}{{ locals.x.y }}{{ locals.z }}<h1>')
  const found = findings(files, { x: {} }).filter((line) => !line.includes(' missing_'))
  expect(found.map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
    'login.njk:5 unknown_variable names usrname,',
    'login.njk:5 unknown_member names client.nmae,',
    'login.njk:5 unknown_member names locals.x.y,',
    'login.njk:5 unknown_member names locals.z,',
  ])
})

describe('templates are refused for', () => {
  test.each(unseen)('%s', (_, files, finding) => {
    expect(otherFindings(files, finding)).toEqual([])
  })

  test.each(wrong)('%s', (_, files, finding) => {
    const others = otherFindings(files, finding)
    // What is asked for by a wrong name is then missing.
    expect(others.filter((line) => !line.includes(' missing_'))).toEqual([])
  })
})
