import type { TemplateEnvironment, TemplateNode } from '../../pages/templates.ts'
import {
  findDeclared,
  insertCalls,
  toGlobal,
  type Branch,
  type Call,
  type NodeKinds,
} from './calls.ts'
import { lineOf, textIn } from './nodes.ts'

/** A name that a template reads. */
interface ReadName {
  readonly template: string
  readonly line: number
  readonly name: string
  /** The name as the template writes it, for example `client.name`. */
  readonly written: string
}

/** A name that never existed while its page was drawn. */
export interface UnknownName extends ReadName {
  /** The names that existed there. */
  readonly others: readonly string[]
  /** Whether the page has such a variable, and this template does not see it. */
  readonly isOfPage: boolean
}

/** One drawing of a page. */
export interface Pass {
  /** The number of the sample that it is drawn of. */
  readonly sample: number
  /** The ways that are taken whatever the data says, by branch. */
  readonly forced: ReadonlyMap<number, number>
  /** Whether a missing value is drawn as an empty text. */
  readonly isLenient: boolean
}

/** The part of the library's parser that a tag uses. */
interface Parser {
  nextToken(): { readonly lineno: number }
  parsePrimary(): TemplateNode
  advanceAfterBlockEnd(tag: string): void
  parse(): TemplateNode
}

const tag = 'traced'

/**
 * Sees what templates read while they are drawn. A tag in front of each template parses the rest of it, and puts calls into it. Its
 * text does not change, and so its lines stay the same.
 */
export class Tracer {
  readonly #hosts = new Set<string>()
  readonly #names: ReadName[] = []
  readonly #branches: Branch[] = []
  #pass: Pass = { sample: 0, forced: new Map(), isLenient: false }
  #forced = new Map<number, number>()
  #reached = new Map<number, { readonly ways: Set<number>; readonly pass: Pass }>()
  #known = new Set<number>()
  #unknown = new Map<number, readonly string[]>()
  #variables = new Set<string>()
  #blocks = new Set<string>()

  /** Puts the tag in front of a template. */
  mark(source: string, template: string, isHosts: boolean): string {
    if (isHosts) this.#hosts.add(template)
    return `{% ${tag} ${JSON.stringify(template)} %}${source}`
  }

  /** Gets an environment ready to trace templates. */
  readonly prepare = (environment: TemplateEnvironment): void => {
    const parse = (parser: Parser, kinds: NodeKinds): TemplateNode => this.#parse(parser, kinds)
    environment.addExtension(tag, { tags: [tag], parse })
    const onVariable = (value: unknown, number: number, context: object): unknown =>
      this.#onVariable(value, number, context)
    const calls: { readonly [Name in Call]: (...args: never[]) => unknown } = {
      variable(this: { readonly ctx: object }, value: unknown, number: number) {
        return onVariable(value, number, this.ctx)
      },
      member: (target: unknown, number: number) => this.#onMember(target, number),
      branch: (value: unknown, number: number) => this.#onBranch(value, number),
      block: (name: string) => (this.#blocks.add(name), ''),
      shown: (value: unknown) => (this.#pass.isLenient ? (value ?? '') : value),
    }
    for (const name of Object.keys(calls) as Call[])
      environment.addGlobal(toGlobal(name), calls[name])
  }

  /** Forgets the page before. */
  start(): void {
    this.#reached = new Map()
    this.#known = new Set()
    this.#unknown = new Map()
    this.#variables = new Set()
    this.#blocks = new Set()
  }

  /** Follows the templates while they are drawn. */
  follow<Drawn>(pass: Pass, draw: () => Drawn): Drawn {
    this.#pass = pass
    this.#forced = new Map(pass.forced)
    return draw()
  }

  /**
   * Finds the ways that no drawing has taken.
   *
   * @yields a drawing for each, which also takes the ways that lead there
   */
  *untaken(): Iterable<Pass> {
    // A branch that is reached for the first time on the way comes last.
    for (const [number, { ways, pass }] of this.#reached) {
      for (const way of this.#branches[number]?.values.keys() ?? []) {
        if (ways.has(way)) continue
        yield { ...pass, isLenient: true, forced: new Map(pass.forced).set(number, way) }
      }
    }
  }

  /** The names that did not exist in any drawing of the page. */
  listUnknown(): readonly UnknownName[] {
    return [...this.#unknown].flatMap(([number, others]) => {
      const read = this.#names[number]
      if (!read || this.#known.has(number)) return []
      const isOfPage = read.name === read.written && this.#variables.has(read.name)
      return { ...read, others, isOfPage }
    })
  }

  /** The names of the blocks that the page has. */
  get blocks(): ReadonlySet<string> {
    return this.#blocks
  }

  #parse(parser: Parser, kinds: NodeKinds): TemplateNode {
    const { lineno } = parser.nextToken()
    const template = textIn(parser.parsePrimary()) ?? ''
    parser.advanceAfterBlockEnd(tag)
    const root = parser.parse()
    return insertCalls(root, {
      kinds,
      declared: findDeclared(root),
      isHosts: this.#hosts.has(template),
      addName: (node, written, name) =>
        this.#names.push({ template, line: lineOf(node) - lineno, name, written }) - 1,
      addBranch: (branch) => this.#branches.push(branch) - 1,
    })
  }

  #note(number: number, isKnown: boolean, others: readonly string[]): void {
    if (isKnown) this.#known.add(number)
    else this.#unknown.set(number, others)
  }

  #onVariable(value: unknown, number: number, context: object): unknown {
    const others = Object.keys(context)
    for (const variable of others) this.#variables.add(variable)
    const isKnown = value !== undefined || others.includes(this.#names[number]?.name ?? '')
    this.#note(number, isKnown, others)
    return value
  }

  #onMember(target: unknown, number: number): unknown {
    const { name = '' } = this.#names[number] ?? {}
    if (target === undefined || target === null) return target
    const isIndexed = Array.isArray(target) || typeof target === 'string'
    const isKnown = name in Object(target) || (isIndexed && /^\d+$/.test(name))
    this.#note(number, isKnown, isIndexed ? ['length'] : Object.keys(target))
    return target
  }

  #onBranch(value: unknown, number: number): unknown {
    const way = this.#forced.get(number)
    // Once: a macro that calls itself would otherwise never end.
    this.#forced.delete(number)
    const branch = this.#branches[number]
    const result = way === undefined ? value : branch?.values[way]
    const { ways } = this.#reached.get(number) ?? { ways: new Set<number>() }
    if (!this.#reached.has(number)) this.#reached.set(number, { ways, pass: this.#pass })
    ways.add(branch?.wayOf(result) ?? 0)
    return result
  }
}
