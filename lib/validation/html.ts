import { parse, type DefaultTreeAdapterTypes } from 'parse5'

type Node = DefaultTreeAdapterTypes.Node

/** An element of a page. */
export type Element = DefaultTreeAdapterTypes.Element

/** A page as a browser reads it. */
export interface DrawnPage {
  readonly html: Element | undefined
  readonly elements: readonly Element[]
  /** The text that people read, with one blank between words. */
  readonly text: string
  readonly forms: readonly DrawnForm[]
}

/** A form, with the controls that belong to it anywhere on the page. */
export interface DrawnForm {
  readonly element: Element
  readonly action: string
  readonly controls: readonly Element[]
}

/** Reads a page. */
export function readPage(source: string): DrawnPage {
  const elements = listElements(parse(source))
  const controls = elements.filter(({ tagName }) => controlNames.has(tagName))
  const forms = elements.filter(({ tagName }) => tagName === 'form')
  const body = elements.find(({ tagName }) => tagName === 'body')
  return {
    html: elements.find(({ tagName }) => tagName === 'html'),
    elements,
    text: body ? toWords(textOf(body)) : '',
    forms: forms.map((element) => ({
      element,
      action: attributeOf(element, 'action') ?? '',
      controls: controls.filter((control) => isOf(control, element)),
    })),
  }
}

const controlNames = new Set(['button', 'input', 'option', 'select', 'textarea'])

/** An attribute; undefined if the element does not have it. */
export const attributeOf = ({ attrs }: Element, name: string): string | undefined =>
  attrs.find((attribute) => attribute.name === name)?.value

/** The name that a control is sent with. */
export const nameOf = (control: Element): string | undefined =>
  attributeOf(
    control.tagName === 'option' ? (ancestorOf(control, 'select') ?? control) : control,
    'name',
  )

/** A text with one blank between words, and without the marks that isolate names in it. */
export const toWords = (text: string): string =>
  text
    .replaceAll(/[\u2066-\u2069]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** Whether a control sends its form. */
export function isSubmit(control: Element): boolean {
  const type = attributeOf(control, 'type')?.toLowerCase()
  if (control.tagName === 'button') return type === undefined || type === 'submit'
  return control.tagName === 'input' && (type === 'submit' || type === 'image')
}

/** Whether a control can be used. */
export const isEnabled = (control: Element): boolean =>
  attributeOf(control, 'disabled') === undefined

/** By the attribute `form`, or by its place in the page. */
function isOf(control: Element, form: Element): boolean {
  const owner = attributeOf(control, 'form')
  if (owner !== undefined) return owner === attributeOf(form, 'id')
  return ancestorOf(control, 'form') === form
}

function ancestorOf({ parentNode }: Element, tagName: string): Element | undefined {
  if (!parentNode || !('tagName' in parentNode)) return undefined
  return parentNode.tagName === tagName ? parentNode : ancestorOf(parentNode, tagName)
}

function listElements(node: Node): readonly Element[] {
  const within = 'childNodes' in node ? node.childNodes.flatMap(listElements) : []
  return 'tagName' in node ? [node, ...within] : within
}

const unread = new Set(['script', 'style', 'template', 'noscript'])

function textOf(node: Node): string {
  if (node.nodeName === '#text' && 'value' in node) return node.value
  if ('tagName' in node && (unread.has(node.tagName) || isHidden(node))) return ''
  if ('tagName' in node && node.tagName === 'br') return ' '
  // Words of elements side by side are not one word.
  return 'childNodes' in node ? node.childNodes.map(textOf).join(isBlock(node) ? ' ' : '') : ''
}

const isHidden = (element: Element): boolean => attributeOf(element, 'hidden') !== undefined

const inline = new Set(['a', 'b', 'bdi', 'bdo', 'code', 'em', 'i', 'span', 'strong', 'u'])
const isBlock = (node: Node): boolean => !('tagName' in node) || !inline.has(node.tagName)
