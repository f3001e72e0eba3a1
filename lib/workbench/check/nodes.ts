import type { TemplateNode } from '../../pages/templates.ts'

export const isNode = (value: unknown): value is TemplateNode =>
  typeof value === 'object' && value !== null && 'typename' in value

/** A node, with its fields by name. */
export type NodeFields = TemplateNode & Record<string, unknown>

/** The names of the fields that hold nodes. A set block keeps its body beside its fields. */
export const fieldsOf = ({ fields }: TemplateNode): readonly string[] => [
  ...new Set([...fields, 'body']),
]

/** The nodes in a field, or in a list in it. */
export function nodesIn(node: TemplateNode, field = 'children'): readonly TemplateNode[] {
  const value = (node as NodeFields)[field]
  if (isNode(value)) return nodesIn(value)
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The node in a field, if it holds one. */
export function nodeIn(node: TemplateNode, field: string): TemplateNode | undefined {
  const value = (node as NodeFields)[field]
  return isNode(value) ? value : undefined
}

/** The text in a node: a name, or a text in quotes. */
export function textIn(node: TemplateNode | undefined): string | undefined {
  const value = (node as NodeFields | undefined)?.['value']
  return typeof value === 'string' ? value : undefined
}

/** The text that is written in quotes; `undefined` if there is an expression. */
export const literalOf = (node: TemplateNode | undefined): string | undefined =>
  node?.typename === 'Literal' ? textIn(node) : undefined

/** A key that is written out, `.name` or `[0]`; `undefined` if there is an expression. */
export const keyOf = (node: TemplateNode | undefined): string | undefined =>
  node?.typename === 'Literal' ? String((node as NodeFields)['value']) : undefined

/** The line of a node, from 1 on. */
export const lineOf = ({ lineno }: TemplateNode): number => lineno + 1

/** A node and everything within it, of these kinds. */
export function findNodes(
  node: TemplateNode,
  ...typenames: readonly string[]
): readonly TemplateNode[] {
  const within = fieldsOf(node)
    .flatMap((field) => nodeIn(node, field) ?? nodesIn(node, field))
    .flatMap((part) => findNodes(part, ...typenames))
  return typenames.includes(node.typename) ? [node, ...within] : within
}

/** A name as a person wrote it: `client.name`. */
export function toWritten(node: TemplateNode): string {
  if (node.typename === 'Symbol') return textIn(node) ?? '…'
  const target = node.typename === 'LookupVal' ? nodeIn(node, 'target') : undefined
  return target ? `${toWritten(target)}.${keyOf(nodeIn(node, 'val')) ?? '…'}` : '…'
}
