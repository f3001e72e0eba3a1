import type { Template } from './template.ts'
import type { TemplateNode } from '../../pages/templates.ts'

/** What is known of a value that templates have. */
export type Shape =
  | { readonly kind: 'any' }
  /** It was `null` wherever it was seen. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Shape> }
  | { readonly kind: 'list'; readonly element: Shape }
  | { readonly kind: 'value'; readonly sample: string | number | boolean }
  | MacroShape

/** A macro, or the body of a call block. */
export interface MacroShape {
  readonly kind: 'macro'
  readonly node: TemplateNode
  readonly template: Template
  readonly scope: Scope
}

/** The variables of a part of a template, within those around it. */
export interface Scope {
  readonly variables: Map<string, Shape>
  readonly parent: Scope | undefined
}

export const anything: Shape = { kind: 'any' }

/** A scope within another. */
export const toScope = (
  parent: Scope | undefined,
  variables: Iterable<readonly [string, Shape]> = [],
): Scope => ({ variables: new Map(variables), parent })

/** The variable of a name; undefined where there is none. */
export function findVariable(scope: Scope, name: string): Shape | undefined {
  for (let at: Scope | undefined = scope; at; at = at.parent) {
    const shape = at.variables.get(name)
    if (shape) return shape
  }
  return undefined
}

/** The names of every variable there is. */
export function listVariables(scope: Scope): readonly string[] {
  const outer = scope.parent ? listVariables(scope.parent) : []
  return [...scope.variables.keys(), ...outer]
}

/** The shape of a value. */
export function toShape(value: unknown): Shape {
  if (value === null) return { kind: 'nothing' }
  if (Array.isArray(value)) return { kind: 'list', element: uniteAll(value.map(toShape)) }
  if (['string', 'number', 'boolean'].includes(typeof value)) {
    return { kind: 'value', sample: value as string | number | boolean }
  }
  const isPlain = typeof value === 'object' && !(value instanceof Date)
  return isPlain
    ? { kind: 'object', members: new Map(Object.entries(value).map(([k, v]) => [k, toShape(v)])) }
    : anything
}

/** What is true of both. */
export function unite(one: Shape, other: Shape): Shape {
  if (one.kind === 'nothing') return other
  if (other.kind === 'nothing') return one
  if (one.kind === 'list' && other.kind === 'list') {
    return { kind: 'list', element: unite(one.element, other.element) }
  }
  if (one.kind === 'object' && other.kind === 'object') {
    const members = new Map(one.members)
    for (const [name, shape] of other.members) {
      members.set(name, unite(members.get(name) ?? { kind: 'nothing' }, shape))
    }
    return { kind: 'object', members }
  }
  const isSame =
    one.kind === 'value' && other.kind === 'value' && typeof one.sample === typeof other.sample
  return isSame ? one : anything
}

/** What is true of all. */
export const uniteAll = (shapes: readonly Shape[]): Shape =>
  shapes.reduce(unite, { kind: 'nothing' })

/** What a member is, or the names that there are where there is no such member. */
export function findMember(shape: Shape, name: string): Shape | readonly string[] {
  switch (shape.kind) {
    case 'object':
      return shape.members.get(name) ?? [...shape.members.keys()]
    case 'list':
      if (/^\d+$/.test(name)) return shape.element
      return name in Array.prototype ? toBuiltIn(name) : ['length']
    case 'value':
      return name in Object(shape.sample) ? toBuiltIn(name) : []
    case 'any':
    case 'nothing':
    case 'macro':
      return anything
  }
}

const toBuiltIn = (name: string): Shape =>
  name === 'length' ? { kind: 'value', sample: 0 } : anything

/** What a loop goes through. */
export function elementOf(shape: Shape): Shape {
  return shape.kind === 'list' ? shape.element : anything
}
