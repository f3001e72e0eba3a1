import { expressionMark, type Tag } from './tags.ts'

/** What is wrong with a tag. */
export interface TagProblem {
  readonly code: string
  readonly message: string
  readonly line: number
}

const refused = 'which the security policy of the pages refuses'

/** What loads something that the security policy refuses, wherever it is from. */
const refusedElements = new Set([
  'applet',
  'audio',
  'base',
  'embed',
  'frame',
  'iframe',
  'object',
  'portal',
  'video',
])

/** What loads a file, and the attribute that says which. */
const loading: ReadonlyMap<string, readonly string[]> = new Map([
  ['img', ['src', 'srcset']],
  ['image', ['href', 'xlink:href']],
  ['input', ['src']],
  ['link', ['href']],
  ['script', ['src']],
  ['source', ['src', 'srcset']],
  ['use', ['href', 'xlink:href']],
])

/** What no page may have: what its security policy refuses, and what would let strangers in. */
export function findTagProblems(tag: Tag): readonly TagProblem[] {
  const problems: TagProblem[] = []
  const add = (code: string, message: string, line = tag.line): number =>
    problems.push({ code, message, line })
  if (tag.name === 'script' && !tag.attributes.has('src')) {
    add('inline_script', `has a script in the page, ${refused}: give it a file`)
  }
  if (tag.name === 'style') add('inline_style', `has styles in the page, ${refused}`)
  if (refusedElements.has(tag.name)) add('refused_element', `has <${tag.name}>, ${refused}`)
  for (const [name, { value, line, isQuoted }] of tag.attributes) {
    if (/^on\w/.test(name))
      add('inline_handler', `has ${name}="…", a script in the page, ${refused}`, line)
    if (name === 'style') add('inline_style', `has style="…", ${refused}`, line)
    if (/^\W*javascript:/i.test(value)) {
      add('script_url', `has a script as the URL in ${name}`, line)
    }
    if (loading.get(tag.name)?.includes(name) && isFromElsewhere(value)) {
      add('foreign_asset', `loads ${name} of <${tag.name}> from elsewhere, ${refused}`, line)
    }
    if (!isQuoted && value.includes(expressionMark)) {
      add(
        'unquoted_attribute',
        `has an expression in ${name} without quotes: a blank in it would end it`,
        line,
      )
    }
  }
  return problems
}

const isFromElsewhere = (url: string): boolean => /^\s*(?:[a-z][a-z\d+.-]*:|[/\\]{2})/i.test(url)
