import type { TemplateNode } from '../../pages/templates.ts'

const isNode = (value: unknown): value is TemplateNode =>
  typeof value === 'object' && value !== null && 'typename' in value

/** What a node has in a field. */
const fieldOf = (node: TemplateNode, field: string): unknown =>
  (node as unknown as Readonly<Record<string, unknown>>)[field]

/** The node in a field; undefined where there is none. */
export function nodeIn(node: TemplateNode, field: string): TemplateNode | undefined {
  const value = fieldOf(node, field)
  return isNode(value) ? value : undefined
}

/** The nodes in a field that holds several. */
export function nodesIn(node: TemplateNode, field = 'children'): readonly TemplateNode[] {
  const value = fieldOf(node, field)
  if (isNode(value)) return nodesIn(value)
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The text in a field of a node: a name, or a text in quotes. */
export function textIn(node: TemplateNode | undefined, field = 'value'): string | undefined {
  const value = node && fieldOf(node, field)
  return typeof value === 'string' ? value : undefined
}

/** The text that stands in quotes; undefined where there is an expression. */
export const literalOf = (node: TemplateNode | undefined): string | undefined =>
  node?.typename === 'Literal' ? textIn(node) : undefined

/** A key that is written out, `.name` or `[0]`; undefined where there is an expression. */
export const keyOf = (node: TemplateNode | undefined): string | undefined =>
  node?.typename === 'Literal' ? String(fieldOf(node, 'value')) : undefined

/** The line of a node, from 1 on. */
export const lineOf = ({ lineno }: TemplateNode): number => lineno + 1

/** Everything directly within a node. */
export function partsOf(node: TemplateNode): readonly TemplateNode[] {
  // A set block keeps its body beside its fields.
  return [...new Set([...node.fields, 'body'])].flatMap((field) => {
    const value = fieldOf(node, field)
    if (isNode(value)) return [value]
    return Array.isArray(value) ? value.filter(isNode) : []
  })
}

/** A node and everything within it, of one kind. */
export function findNodes(node: TemplateNode, typename: string): readonly TemplateNode[] {
  const within = partsOf(node).flatMap((part) => findNodes(part, typename))
  return node.typename === typename ? [node, ...within] : within
}

/** A name as a person wrote it: `client.name`. */
export function toWritten(node: TemplateNode): string {
  if (node.typename === 'Symbol') return textIn(node) ?? '…'
  const target = node.typename === 'LookupVal' ? nodeIn(node, 'target') : undefined
  return target ? `${toWritten(target)}.${keyOf(nodeIn(node, 'val')) ?? '…'}` : '…'
}
