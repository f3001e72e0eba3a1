import type { TemplateNode } from '../../pages/templates.ts'
import type { MacroShape, Scope, Shape } from './shape.ts'
import type { Template } from './template.ts'

/** A block, in one of the templates that extend each other. */
export interface BlockDefinition {
  readonly template: Template
  readonly node: TemplateNode
}

/** What is the same all over a page. */
export interface PageWalk {
  /** The template of a name; undefined where there is none. */
  find(name: string): Template | undefined
  /** The names that a template can be asked for by. */
  readonly templateNames: readonly string[]
  /** The paths of the texts there are. */
  readonly textPaths: readonly string[]
  /** The function that writes texts. */
  readonly textFunction: Shape
  /** What templates have that is the library's own, and nothing else. */
  readonly builtIns: Scope
  /** What the page has. */
  readonly pageScope: Scope
  /** The blocks that something draws. */
  readonly drawnBlocks: Set<TemplateNode>
  report(template: Template, node: TemplateNode, code: string, message: string): void
  /** Goes through statements. */
  walk(node: TemplateNode, at: Place): void
}

/** Where in a page something stands. */
export interface Place {
  readonly page: PageWalk
  readonly template: Template
  readonly scope: Scope
  /** The variables that macros of this template see besides their own. */
  readonly context: Scope
  /** The blocks of the templates that extend each other, those of the outermost first. */
  readonly blocks: Map<string, BlockDefinition[]>
  /** The block that this is in, for what it replaces. */
  readonly block?: { readonly name: string; readonly depth: number }
  /** The templates and macros that this is in, so that what goes round in circles ends. */
  readonly within: readonly (Template | TemplateNode)[]
}

/** What calls a macro. */
export interface MacroCall {
  readonly macro: MacroShape
  readonly positional: readonly Shape[]
  readonly named: ReadonlyMap<string, Shape>
}
