import { attributeOf, type Element } from '../../validation/html.ts'
import { Tokenizer, TokenizerMode, type Token } from 'parse5'

/** A start tag in a text. */
export interface Tag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly line: number
  /** The index at which it begins. */
  readonly start: number
}

/** An attribute of a tag. */
export interface Attribute {
  readonly value: string
  readonly line: number
  /** Whether the value is in quotes. */
  readonly isQuoted: boolean
}

const rawText: ReadonlyMap<string, (typeof TokenizerMode)[keyof typeof TokenizerMode]> = new Map([
  ['script', TokenizerMode.SCRIPT_DATA],
  ['style', TokenizerMode.RAWTEXT],
  ['title', TokenizerMode.RCDATA],
  ['textarea', TokenizerMode.RCDATA],
])

/** Every start tag of a text. */
export function listTags(html: string): readonly Tag[] {
  const tags: Tag[] = []
  const nothing = (): void => undefined
  const tokenizer = new Tokenizer(
    { sourceCodeLocationInfo: true },
    {
      onStartTag: (token) => {
        tags.push(toTag(token, html))
        // Their content is not markup.
        const mode = rawText.get(token.tagName)
        if (mode !== undefined) tokenizer.state = mode
      },
      onEndTag: nothing,
      onComment: nothing,
      onDoctype: nothing,
      onEof: nothing,
      onCharacter: nothing,
      onNullCharacter: nothing,
      onWhitespaceCharacter: nothing,
    },
  )
  tokenizer.write(html, true)
  return tags
}

function toTag({ tagName, attrs, location }: Token.TagToken, html: string): Tag {
  const places = location?.attrs ?? {}
  return {
    name: tagName,
    line: location?.startLine ?? 1,
    start: location?.startOffset ?? 0,
    attributes: new Map(
      attrs.map(({ name, value }) => {
        const place = places[name]
        const isQuoted = /["']$/.test(html.slice(place?.startOffset, place?.endOffset))
        return [name, { value, line: place?.startLine ?? 1, isQuoted }]
      }),
    ),
  }
}

/** Replaces the letters of an expression while tags are listed. No language has such a letter. */
const expressionMark = '\uE000'

/** Blanks out the parts of a template that are not HTML. Every other letter keeps its place, and expressions become marks. */
export const blankTemplateParts = (source: string): string =>
  source
    .replaceAll(/\{#.*?#\}|\{%.*?%\}/gs, (part) => part.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/\{\{.*?\}\}/gs, (part) => part.replaceAll(/[^\n]/g, expressionMark))

/** The attribute with the place of an element in its template. */
export const placeAttribute = 'data-template-line'

/** Adds that attribute to every element of a template. */
export function markElements(source: string, name: string): string {
  const tags = listTags(blankTemplateParts(source))
  return tags.toReversed().reduce((marked, tag) => {
    const at = tag.start + 1 + tag.name.length
    return `${marked.slice(0, at)} ${placeAttribute}="${name}:${tag.line}"${marked.slice(at)}`
  }, source)
}

/** A mistake in a tag. */
export interface TagProblem {
  readonly code: string
  readonly message: string
  readonly line: number
}

const refused = 'which the security policy of the pages refuses'

/** Elements that load something that the security policy refuses from anywhere. */
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

/** Elements that load files, with the attributes that name the files. */
const loading: ReadonlyMap<string, readonly string[]> = new Map([
  ['img', ['src', 'srcset']],
  ['image', ['href', 'xlink:href']],
  ['input', ['src']],
  ['link', ['href']],
  ['script', ['src']],
  ['source', ['src', 'srcset']],
  ['use', ['href', 'xlink:href']],
])

/** Finds parts of a tag that the security policy refuses, or that would let strangers in. */
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

/** The place of an element in its template: `consent.njk:12`. */
export const placeOf = (element: Element | undefined): string | undefined =>
  element && attributeOf(element, placeAttribute)
