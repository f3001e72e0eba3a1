import { nearestName } from '../../validation/did-you-mean.ts'
import type { TemplateNode } from '../../pages/templates.ts'
import { shapeOf } from './expressions.ts'
import { toHint } from './findings.ts'
import { findNodes, literalOf, nodeIn, nodesIn, partsOf, textIn } from './nodes.ts'
import type { Place } from './place.ts'
import { anything, elementOf, toScope, toShape, type Scope, type Shape } from './shape.ts'
import type { Template } from './template.ts'

/** Goes through statements as drawing them does, in every branch of them. */
export function walk(node: TemplateNode, at: Place): void {
  switch (node.typename) {
    case 'Output':
      for (const part of nodesIn(node)) if (part.typename !== 'TemplateData') shapeOf(part, at)
      return
    case 'If':
    case 'IfAsync':
    case 'Switch':
    case 'Case':
      for (const part of [nodeIn(node, 'cond'), nodeIn(node, 'expr')]) if (part) shapeOf(part, at)
      for (const part of partsOf(node)) if (!isCondition(part, node)) walk(part, at)
      return
    case 'For':
    case 'AsyncEach':
    case 'AsyncAll':
      return walkLoop(node, at)
    case 'Set':
      return walkSet(node, at)
    case 'Block':
      return drawBlock(node, at)
    case 'Extends':
      return
    case 'Include':
      return include(node, at)
    case 'Import':
      return importAll(node, at)
    case 'FromImport':
      return importSome(node, at)
    case 'Macro':
      at.scope.variables.set(textIn(nodeIn(node, 'name')) ?? '', {
        kind: 'macro',
        node,
        template: at.template,
        scope: at.context,
      })
      return
    case 'Root':
    case 'NodeList':
    case 'Capture':
      for (const part of partsOf(node)) walk(part, at)
      return
    default:
      shapeOf(node, at)
  }
}

const isCondition = (part: TemplateNode, node: TemplateNode): boolean =>
  part === nodeIn(node, 'cond') || part === nodeIn(node, 'expr')

const loopShape = toShape({
  index: 1,
  index0: 0,
  revindex: 1,
  revindex0: 0,
  first: true,
  last: true,
  length: 1,
})

function walkLoop(node: TemplateNode, at: Place): void {
  const list = shapeOf(nodeIn(node, 'arr'), at)
  const target = nodeIn(node, 'name')
  const scope = toScope(at.scope, [['loop', loopShape]])
  if (target?.typename === 'Symbol') {
    scope.variables.set(textIn(target) ?? '', elementOf(list))
  } else if (target) {
    for (const name of nodesIn(target)) scope.variables.set(textIn(name) ?? '', anything)
  }
  const body = nodeIn(node, 'body')
  if (body) walk(body, { ...at, scope })
  const otherwise = nodeIn(node, 'else_')
  if (otherwise) walk(otherwise, at)
}

function walkSet(node: TemplateNode, at: Place): void {
  const shape = shapeOf(nodeIn(node, 'value') ?? nodeIn(node, 'body'), at)
  for (const target of nodesIn(node, 'targets')) at.scope.variables.set(textIn(target) ?? '', shape)
}

/** Goes through a template, and through those that it extends. */
export function walkTemplate(template: Template, at: Place): void {
  const { root } = template
  if (!root || at.within.includes(template)) return
  const here = { ...at, template, within: [...at.within, template] }
  for (const node of findNodes(root, 'Block')) {
    const name = textIn(nodeIn(node, 'name')) ?? ''
    at.blocks.set(name, [...(at.blocks.get(name) ?? []), { template, node }])
  }
  const [extending] = findNodes(root, 'Extends')
  for (const part of nodesIn(root)) {
    // A block of a template that extends another is drawn where that one has it.
    if (!extending || part.typename !== 'Block') walk(part, here)
  }
  if (!extending) return
  const parent = findTemplate(extending, here)
  if (parent) walkTemplate(parent, here)
}

/** Goes through the block of that name in the outermost template that has it. */
function drawBlock(node: TemplateNode, at: Place): void {
  const name = textIn(nodeIn(node, 'name')) ?? ''
  const definitions = at.blocks.get(name) ?? []
  for (const definition of definitions) at.page.drawnBlocks.add(definition.node)
  const [outermost] = definitions
  const body = outermost && nodeIn(outermost.node, 'body')
  if (!body || at.within.includes(outermost.node)) return
  walk(body, {
    ...at,
    template: outermost.template,
    scope: toScope(at.scope),
    block: { name, depth: 0 },
    within: [...at.within, outermost.node],
  })
}

function findTemplate(node: TemplateNode, at: Place): Template | undefined {
  const name = literalOf(nodeIn(node, 'template'))
  const complain = (code: string, message: string): undefined =>
    at.page.report(at.template, node, code, message) as undefined
  if (name === undefined) {
    return complain('dynamic_template', 'must name the other template in quotes, to be checked')
  }
  const found = at.page.find(name)
  if (!found) {
    if ('ignoreMissing' in node && node.ignoreMissing === true) return undefined
    const meant = nearestName(name, at.page.templateNames)
    return complain(
      'unknown_template',
      `names the template ${name}, which does not exist${toHint(meant)}`,
    )
  }
  if (at.within.includes(found)) {
    const message = `leads back to ${name} in a circle (ours is "pleo/${name}")`
    return complain('template_circle', message)
  }
  return found
}

function include(node: TemplateNode, at: Place): void {
  const template = findTemplate(node, at)
  if (!template) return
  const scope = toScope(at.scope)
  walkTemplate(template, { ...at, scope, context: scope, blocks: new Map() })
}

/** The names that another template gives to those that import it. */
function exportsOf(node: TemplateNode, at: Place): Scope | undefined {
  const template = findTemplate(node, at)
  if (!template) return undefined
  const hasContext = 'withContext' in node && node.withContext === true
  const around = hasContext ? at.scope : at.page.builtIns
  const scope = toScope(around)
  walkTemplate(template, { ...at, scope, context: scope, blocks: new Map() })
  return scope
}

function importAll(node: TemplateNode, at: Place): void {
  const scope = exportsOf(node, at)
  const shape: Shape = scope ? { kind: 'object', members: scope.variables } : anything
  at.scope.variables.set(textIn(nodeIn(node, 'target')) ?? '', shape)
}

function importSome(node: TemplateNode, at: Place): void {
  const scope = exportsOf(node, at)
  for (const part of nodesIn(node, 'names')) {
    const isRenamed = part.typename === 'Pair'
    const name = textIn(isRenamed ? nodeIn(part, 'key') : part) ?? ''
    const alias = textIn(isRenamed ? nodeIn(part, 'value') : part) ?? ''
    const shape = scope?.variables.get(name)
    at.scope.variables.set(alias, shape ?? anything)
    if (shape || !scope) continue
    const meant = nearestName(name, [...scope.variables.keys()])
    const message = `imports ${name}, which that template does not have${toHint(meant)}`
    at.page.report(at.template, part, 'unknown_import', message)
  }
}
