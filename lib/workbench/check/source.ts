import { nearestName } from '../../validation/did-you-mean.ts'
import type { Builtins } from '../../pages/templates.ts'
import { toHint } from './findings.ts'
import { findTagProblems, type TagProblem } from './markup.ts'
import { findNodes, lineOf, nodeIn, textIn } from './nodes.ts'
import { blankTemplateParts, listTags } from './tags.ts'
import type { Template } from './template.ts'

/** What is wrong with a template by itself, whatever page it is in. */
export function findSourceProblems(
  { source, root, failure }: Template,
  builtins: Builtins,
): readonly TagProblem[] {
  if (failure) {
    return [
      {
        code: 'template_syntax',
        line: failure.line,
        message: `cannot be read: ${failure.problem}`,
      },
    ]
  }
  if (!root) return []
  return [
    ...findNodes(root, 'Filter').flatMap((node) =>
      filterProblems(textIn(nodeIn(node, 'name')) ?? '', lineOf(node), builtins.filters),
    ),
    ...findNodes(root, 'Is').flatMap((node) => testProblems(node, builtins.tests)),
    ...listTags(blankTemplateParts(source)).flatMap(findTagProblems),
  ]
}

function filterProblems(
  name: string,
  line: number,
  known: readonly string[],
): readonly TagProblem[] {
  if (name === 'safe') {
    const message = 'writes something with "| safe", as HTML that nobody has checked'
    return [{ code: 'unsafe_output', line, message }]
  }
  if (known.includes(name)) return []
  const message = `names the filter ${name}, which does not exist${toHint(nearestName(name, known))}`
  return [{ code: 'unknown_filter', line, message }]
}

function testProblems(
  node: Parameters<typeof lineOf>[0],
  known: readonly string[],
): readonly TagProblem[] {
  const right = nodeIn(node, 'right')
  const name = textIn(right) ?? textIn(right && nodeIn(right, 'name')) ?? ''
  if (known.includes(name) || right?.typename === 'Literal') return []
  const message = `names the test ${name}, which does not exist${toHint(nearestName(name, known))}`
  return [{ code: 'unknown_test', line: lineOf(node), message }]
}
