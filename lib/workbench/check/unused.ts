import { nearestName } from '../../validation/did-you-mean.ts'
import { listViewFiles } from '../../pages/files.ts'
import type { TemplateNode } from '../../pages/templates.ts'
import { toHint, type Findings } from './findings.ts'
import { findNodes, lineOf, nodeIn, textIn } from './nodes.ts'
import { isTemplate, listBundledTemplates, type Template } from './template.ts'

const assets = ['styles.css', 'filter.js']

/** Reports the files of a host that no page uses. Pictures and the like may lie beside them. */
export function reportUnusedFiles(
  directories: readonly string[],
  reached: ReadonlySet<Template>,
  findings: Findings,
): void {
  const used = new Set([...[...reached].map(({ name }) => name), ...assets])
  const known = [...listBundledTemplates(), ...assets]
  for (const [directory, folder] of directories.entries()) {
    for (const file of listViewFiles(folder)) {
      if (used.has(file) || !(isTemplate(file) || /\.(?:css|js|html)$/.test(file))) continue
      const stem = file.replace(/\.\w+$/, '')
      const meant = nearestName(file, known) ?? known.find((name) => name.startsWith(`${stem}.`))
      const message = `is used by no page${toHint(meant)}`
      findings.add({ code: 'unused_template', directory, file, line: 1, message })
    }
  }
}

/** Reports the blocks that stand for none of what their template extends. */
export function reportUnusedBlocks(
  reached: ReadonlySet<Template>,
  drawn: ReadonlySet<TemplateNode>,
  findings: Findings,
): void {
  const names = [...drawn].map(nameOfBlock)
  for (const { name: file, directory, root } of reached) {
    if (directory === undefined || !root) continue
    for (const node of findNodes(root, 'Block')) {
      if (drawn.has(node)) continue
      const name = nameOfBlock(node)
      const hint = toHint(
        nearestName(
          name,
          names.filter((other) => other !== name),
        ),
      )
      const message = `has the block ${name}, which is drawn nowhere${hint}`
      findings.add({ code: 'unknown_block', directory, file, line: lineOf(node), message })
    }
  }
}

const nameOfBlock = (node: TemplateNode): string => textIn(nodeIn(node, 'name')) ?? ''
