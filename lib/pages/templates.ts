import nunjucks from 'nunjucks'

/** Templates, ready to be rendered. */
export interface Templates {
  /** @throws {@link TemplateFailure} if the template cannot be rendered with this data */
  render(name: string, data: object): string
}

/** The part of the library that a check of templates changes. The declarations of this package do not name the library. */
export interface TemplateEnvironment {
  addExtension(name: string, extension: object): unknown
  addGlobal(name: string, value: unknown): unknown
}

/** A template is wrong, or something in it went wrong. */
export class TemplateFailure extends Error {
  override readonly name = 'TemplateFailure'
  /** The template that it is in. */
  readonly template: string
  /** The line it is in, from 1 on. */
  readonly line: number
  /** The mistake, without the place. */
  readonly problem: string

  constructor(template: string, line: number, problem: string, options?: ErrorOptions) {
    super(`${template}:${line} ${problem}`, options)
    this.template = template
    this.line = line
    this.problem = problem
  }
}

const syntaxOptions = { autoescape: true, throwOnUndefined: true } as const

/**
 * @param load - returns the source of a template; undefined if no template has that name
 * @param prepare - gets the environment of the library before the first template is drawn
 */
export function createTemplates(
  load: (name: string) => string | undefined,
  prepare?: (environment: TemplateEnvironment) => void,
): Templates {
  // The library gives the line of an error, but only the file that was rendered, and not the one that it extends
  // or imports. So the lines of each template count on from those of the one before.
  const starts: { readonly name: string; readonly line: number }[] = []
  let nextLine = 1
  const getSource = (name: string): nunjucks.LoaderSource | null => {
    const source = load(name)
    if (source === undefined) return null
    const line = nextLine
    starts.push({ name, line })
    nextLine += source.split('\n').length
    return { src: `{#${'\n'.repeat(line)}#}${source}`, path: name, noCache: false }
  }
  const loader = { getSource: getSource as (name: string) => nunjucks.LoaderSource }
  const environment = new nunjucks.Environment(loader, { ...syntaxOptions, dev: true })
  prepare?.(environment)

  return {
    render: (name, data) => {
      try {
        return environment.render(name, data)
      } catch (error) {
        const { line, problem, cause } = toPlace(error)
        const start = starts.findLast((template) => template.line < line)
        throw new TemplateFailure(start?.name ?? name, line - (start?.line ?? 0), problem, {
          cause,
        })
      }
    },
  }
}

interface Place {
  readonly line: number
  readonly problem: string
  readonly cause: unknown
}

function toPlace(error: unknown): Place {
  const { lineno = 0, cause } = error as Partial<nunjucks.lib.TemplateError>
  let root: unknown = error
  while (root instanceof Error && root.cause instanceof Error) root = root.cause
  const message = root instanceof Error ? root.message : String(root)
  // An error of a function that a template calls has a line that is counted from 0.
  return { line: cause ? lineno + 1 : lineno, problem: withoutPlaces(message), cause: root }
}

/** The library writes its own idea of the place in front of the message, once for each file on the way. */
const withoutPlaces = (message: string): string =>
  message.replace(/^(?:\([^\n]*\n\s*)+/, '').replace(/^(?:\w*Error: )+/, '')

/** A part of a template, as the library reads it. */
export interface TemplateNode {
  readonly typename: string
  /** From 0 on, as the column. */
  readonly lineno: number
  readonly colno: number
  readonly fields: readonly string[]
}

/** Parts of the library without types. */
interface Untyped {
  readonly parser: {
    parse(source: string, extensions: readonly unknown[], options: object): TemplateNode
  }
  readonly compiler: {
    compile(
      source: string,
      asyncFilters: readonly unknown[],
      extensions: readonly unknown[],
      name: string,
      options: object,
    ): string
  }
}

const { parser, compiler } = nunjucks as unknown as Untyped

/**
 * Reads a template.
 *
 * @throws {@link TemplateFailure} if the source is not a template
 */
export function parseTemplate(name: string, source: string): TemplateNode {
  try {
    // A template that can be read may still not compile, for example because of the names of its blocks.
    compiler.compile(source, [], [], name, syntaxOptions)
    return parser.parse(source, [], syntaxOptions)
  } catch (error) {
    const { line, problem, cause } = toPlace(error)
    // A tag that is missing at the end has no line of its own.
    const last = problem.includes('end of file') ? source.trimEnd().split('\n').length : 1
    throw new TemplateFailure(name, line || last, problem, { cause })
  }
}

/** The parts that the library gives to every template. */
export interface Builtins {
  readonly filters: readonly string[]
  readonly tests: readonly string[]
  readonly globals: readonly string[]
}

/** The names of those parts. */
export function listBuiltins(): Builtins {
  const { filters, tests, globals } = new nunjucks.Environment(null) as unknown as Readonly<
    Record<keyof Builtins, object>
  >
  return {
    filters: Object.keys(filters),
    tests: Object.keys(tests),
    globals: Object.keys(globals),
  }
}
