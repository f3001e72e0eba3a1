import { nearestName } from '../../validation/did-you-mean.ts'
import type { TemplateNode } from '../../pages/templates.ts'
import { toHint } from './findings.ts'
import { keyOf, literalOf, nodeIn, nodesIn, partsOf, textIn, toWritten } from './nodes.ts'
import type { MacroCall, Place } from './place.ts'
import {
  anything,
  findMember,
  findVariable,
  listVariables,
  toScope,
  toShape,
  unite,
  uniteAll,
  type Shape,
} from './shape.ts'

const text: Shape = { kind: 'value', sample: '' }

/** What an expression gives; reports the names in it that do not exist. */
export function shapeOf(node: TemplateNode | undefined, at: Place): Shape {
  if (!node) return { kind: 'nothing' }
  switch (node.typename) {
    case 'Symbol':
      return shapeOfVariable(node, at)
    case 'LookupVal':
      return shapeOfMember(node, at)
    case 'FunCall':
      return shapeOfCall(node, at)
    case 'Filter':
      return shapeOfFilter(node, at)
    case 'InlineIf':
      shapeOf(nodeIn(node, 'cond'), at)
      return unite(shapeOf(nodeIn(node, 'body'), at), shapeOf(nodeIn(node, 'else_'), at))
    case 'Or':
    case 'And':
      return unite(shapeOf(nodeIn(node, 'left'), at), shapeOf(nodeIn(node, 'right'), at))
    case 'Group':
      return (
        nodesIn(node)
          .map((part) => shapeOf(part, at))
          .at(-1) ?? anything
      )
    case 'Array':
      return { kind: 'list', element: uniteAll(nodesIn(node).map((part) => shapeOf(part, at))) }
    case 'Dict':
    case 'KeywordArgs':
      return { kind: 'object', members: shapesOfPairs(node, at) }
    case 'Is':
      // What stands to the right is the name of a test.
      return shapeOf(nodeIn(node, 'left'), at)
    case 'Caller':
      return { kind: 'macro', node, template: at.template, scope: at.scope }
    case 'Capture':
      at.page.walk(node, at)
      return text
    default:
      for (const part of partsOf(node)) shapeOf(part, at)
      return node.typename === 'Literal' ? toShape((node as { value?: unknown }).value) : anything
  }
}

function shapeOfVariable(node: TemplateNode, at: Place): Shape {
  const name = textIn(node) ?? ''
  const shape = findVariable(at.scope, name)
  if (shape) return shape
  const isOfPage = findVariable(at.page.pageScope, name) !== undefined
  const hint = isOfPage
    ? ' (import the template "with context")'
    : toHint(nearestName(name, listVariables(at.scope)))
  const message = `names ${name}, which does not exist here${hint}`
  at.page.report(at.template, node, 'unknown_variable', message)
  return anything
}

function shapeOfMember(node: TemplateNode, at: Place): Shape {
  const target = shapeOf(nodeIn(node, 'target'), at)
  const key = nodeIn(node, 'val')
  const name = keyOf(key)
  if (name === undefined) {
    shapeOf(key, at)
    return target.kind === 'list' ? target.element : anything
  }
  const member = findMember(target, name)
  if ('kind' in member) return member
  const message = `names ${toWritten(node)}, which does not exist${toHint(nearestName(name, member))}`
  at.page.report(at.template, node, 'unknown_member', message)
  return anything
}

function shapesOfPairs(node: TemplateNode, at: Place): ReadonlyMap<string, Shape> {
  return new Map(
    nodesIn(node).map((pair) => {
      const key = nodeIn(pair, 'key')
      return [keyOf(key) ?? textIn(key) ?? '', shapeOf(nodeIn(pair, 'value'), at)]
    }),
  )
}

function shapeOfCall(node: TemplateNode, at: Place): Shape {
  const callee = nodeIn(node, 'name')
  const args = nodesIn(node, 'args')
  if (callee?.typename === 'Symbol' && textIn(callee) === 'super') {
    drawReplacedBlock(at)
    return text
  }
  const shape = shapeOf(callee, at)
  const positional = args
    .filter(({ typename }) => typename !== 'KeywordArgs')
    .map((arg) => shapeOf(arg, at))
  const named = args.find(({ typename }) => typename === 'KeywordArgs')
  const namedShapes = named ? shapesOfPairs(named, at) : new Map<string, Shape>()
  if (shape === at.page.textFunction) {
    checkTextPath(args[0], at)
    return text
  }
  if (shape.kind === 'macro') call({ macro: shape, positional, named: namedShapes }, at)
  return shape.kind === 'macro' ? text : anything
}

/** Goes through what a macro draws with what it is given. */
function call({ macro, positional, named }: MacroCall, at: Place): void {
  if (at.within.includes(macro.node)) return
  const parameters = nodesIn(macro.node, 'args')
  const variables = new Map<string, Shape>([['caller', named.get('caller') ?? anything]])
  for (const [index, parameter] of parameters.entries()) {
    const name = textIn(parameter)
    if (name !== undefined) {
      variables.set(name, positional[index] ?? named.get(name) ?? anything)
    } else {
      for (const [key, shape] of shapesOfPairs(parameter, at)) {
        variables.set(key, named.get(key) ?? unite(shape, anything))
      }
    }
  }
  const body = nodeIn(macro.node, 'body')
  if (!body) return
  at.page.walk(body, {
    ...at,
    template: macro.template,
    scope: toScope(macro.scope, variables),
    within: [...at.within, macro.node],
  })
}

function drawReplacedBlock(at: Place): void {
  if (!at.block) return
  const { name, depth } = at.block
  const definition = at.blocks.get(name)?.[depth + 1]
  if (!definition) return
  const { template, node } = definition
  const body = nodeIn(node, 'body')
  const block = { name, depth: depth + 1 }
  if (body) at.page.walk(body, { ...at, template, block, scope: toScope(at.scope) })
}

/** A path that is written out must be one of a text, and what begins one must begin one. */
function checkTextPath(node: TemplateNode | undefined, at: Place): void {
  if (!node) return
  const path = literalOf(node)
  const { textPaths } = at.page
  if (path !== undefined) {
    if (textPaths.includes(path)) return
    const message = `names the text ${path}, which does not exist${toHint(nearestName(path, textPaths))}`
    at.page.report(at.template, node, 'unknown_text', message)
    return
  }
  const beginning = ['Concat', 'Add'].includes(node.typename)
    ? literalOf(nodeIn(node, 'left'))
    : undefined
  if (beginning === undefined || textPaths.some((known) => known.startsWith(beginning))) return
  const message = `names texts that begin with ${beginning}, which do not exist`
  at.page.report(at.template, node, 'unknown_text', message)
}

const keepingFilters = new Set(['sort', 'reverse', 'selectattr', 'rejectattr', 'select', 'reject'])
const picking = new Set(['first', 'last', 'random'])

function shapeOfFilter(node: TemplateNode, at: Place): Shape {
  const [shape = anything] = nodesIn(node, 'args').map((arg) => shapeOf(arg, at))
  const name = textIn(nodeIn(node, 'name')) ?? ''
  if (keepingFilters.has(name)) return shape
  return picking.has(name) && shape.kind === 'list' ? shape.element : anything
}
