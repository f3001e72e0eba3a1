import type { TemplateNode } from '../../pages/templates.ts'
import {
  fieldsOf,
  findNodes,
  isNode,
  keyOf,
  literalOf,
  nodeIn,
  nodesIn,
  textIn,
  toWritten,
  type NodeFields,
} from './nodes.ts'

/** A function that templates call while they are traced. */
export type Call = 'variable' | 'member' | 'branch' | 'block' | 'shown'

/** The name of such a function. No template can write it. */
export const toGlobal = (call: Call): string => `(${call})`

/** Something that decides how a template goes on. */
export interface Branch {
  /** A value for each way on. */
  readonly values: readonly unknown[]
  /** The way that a value leads: an index of the values. */
  readonly wayOf: (value: unknown) => number
}

/** The constructors of nodes, by kind. */
export type NodeKinds = Readonly<
  Record<string, new (line: number, column: number, ...fields: unknown[]) => TemplateNode>
>

/** The parts that calls are made of. Each function keeps the thing that a call is about, and returns its number. */
export interface Calls {
  readonly kinds: NodeKinds
  /** The names that the template gives to values itself. */
  readonly declared: ReadonlySet<string>
  addName(node: TemplateNode, written: string, name: string): number
  addBranch(branch: Branch): number
  /** Of ours, only blocks and outputs are of interest. */
  readonly isHosts: boolean
}

/** Fields that declare names. */
const declaring: Readonly<Record<string, readonly string[]>> = {
  Caller: ['name', 'args'],
  For: ['name'],
  FromImport: ['names'],
  Import: ['target'],
  Macro: ['name', 'args'],
  Set: ['targets'],
}

/** Fields with names of other things than values. */
const naming: Readonly<Record<string, readonly string[]>> = {
  ...declaring,
  Block: ['name'],
  Filter: ['name'],
  Is: ['right'],
  Pair: ['key'],
}

/** The names that a template gives to values itself. */
export function findDeclared(root: TemplateNode): ReadonlySet<string> {
  const names = findNodes(root, ...Object.keys(declaring)).flatMap((node) =>
    (declaring[node.typename] ?? [])
      .flatMap((field) => nodeIn(node, field) ?? nodesIn(node, field))
      .flatMap((part) => findNodes(part, 'Symbol')),
  )
  return new Set(['loop', 'caller', ...names.map((node) => textIn(node) ?? '')])
}

/** Puts calls into a template: around each variable, branch and output, and in front of each member and block. */
export function insertCalls(node: TemplateNode, calls: Calls): TemplateNode {
  if (isSuper(node)) return node
  const fields = node as NodeFields
  const written = toWritten(node)
  const insert = (part: unknown): unknown => (isNode(part) ? insertCalls(part, calls) : part)
  for (const field of fieldsOf(node)) {
    if (naming[node.typename]?.includes(field)) continue
    const value = fields[field]
    fields[field] = Array.isArray(value) ? value.map(insert) : insert(value)
  }
  const { kinds, isHosts } = calls
  if (node.typename === 'Output') {
    fields['children'] = nodesIn(node).map((part) =>
      part.typename === 'TemplateData' || isSuper(part) ? part : toCall(part, kinds, 'shown', part),
    )
  }
  const body = nodeIn(node, 'body')
  if (node.typename === 'Block' && body) {
    const drawn = toCall(node, kinds, 'block', textIn(nodeIn(node, 'name')))
    const children = [make(node, kinds, 'Output', [drawn]), ...nodesIn(body)]
    Object.assign(body, { children })
  }
  return isHosts ? insertChecks(node, written, calls) : node
}

function insertChecks(node: TemplateNode, written: string, calls: Calls): TemplateNode {
  const { kinds, declared } = calls
  if (node.typename === 'Symbol') {
    if (declared.has(written)) return node
    return toCall(node, kinds, 'variable', node, calls.addName(node, written, written))
  }
  const fields = node as NodeFields
  const key = keyOf(nodeIn(node, 'val'))
  if (node.typename === 'LookupVal' && key !== undefined) {
    const number = calls.addName(node, written, key)
    fields['target'] = toCall(node, kinds, 'member', fields['target'], number)
  }
  for (const [field, branch] of branchesOf(node)) {
    fields[field] = toCall(node, kinds, 'branch', fields[field], calls.addBranch(branch))
  }
  return node
}

const isSuper = (node: TemplateNode): boolean =>
  node.typename === 'FunCall' && textIn(nodeIn(node, 'name')) === 'super'

function make(at: TemplateNode, kinds: NodeKinds, kind: string, field: unknown, other?: unknown) {
  const Kind = kinds[kind]
  if (!Kind) throw new TypeError(`the template library has no node ${kind}`)
  return new Kind(at.lineno, at.colno, field, other)
}

function toCall(at: TemplateNode, kinds: NodeKinds, name: Call, ...given: readonly unknown[]) {
  const args = given.map((value) => (isNode(value) ? value : make(at, kinds, 'Literal', value)))
  const list = make(at, kinds, 'NodeList', args)
  return make(at, kinds, 'FunCall', make(at, kinds, 'Symbol', toGlobal(name)), list)
}

const truth: Branch = { values: [false, true], wayOf: (value) => (value ? 1 : 0) }

/** Each field that decides how a template goes on. */
function branchesOf(node: TemplateNode): readonly (readonly [field: string, Branch])[] {
  switch (node.typename) {
    case 'If':
    case 'InlineIf':
      return [['cond', truth]]
    case 'And':
    case 'Or':
      return [['left', truth]]
    case 'For': {
      const isPair = nodeIn(node, 'name')?.typename === 'Array'
      const wayOf = (value: unknown): number => Object.keys(Object(value) as object).length && 1
      return [['arr', { values: [[], isPair ? [[]] : [undefined]], wayOf }]]
    }
    case 'Switch': {
      const cases = nodesIn(node, 'cases').map((one) => literalOf(nodeIn(one, 'cond')))
      const values: readonly unknown[] = [...cases, undefined]
      const wayOf = (value: unknown): number => {
        const way = values.indexOf(value)
        return way === -1 ? cases.length : way
      }
      return [['expr', { values, wayOf }]]
    }
    default:
      return []
  }
}
