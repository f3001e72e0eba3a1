import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ViewsOptions } from './views-options.ts'
import { productLogoPath, scriptPath, stylesheetPath } from '../paths.ts'
import { findViewFile } from './files.ts'
import { toThemeStyles } from './theme.ts'

/** A file that pages load. Its version changes with its content. */
export interface Asset {
  /** Where it is served. */
  readonly path: string
  readonly type: string
  readonly content: string | Buffer
  readonly version: string
}

/** What pages load. */
export interface Assets {
  readonly stylesheet: Asset
  readonly script: Asset
  /** The logo of the theme. */
  readonly logo: Asset | undefined
}

const importOfOurs = /^@import\s+(['"])pleo\/styles\.css\1;/m

/** Reads what pages load: ours, or what the host has in its place. */
export function loadAssets({ directories = [], theme = {} }: ViewsOptions): Assets {
  const contentOf = (name: string): string => findViewFile(directories, name)?.content ?? ''
  // A style sheet of the host can begin with ours, as a template can extend ours.
  const own = contentOf('styles.css').replace(importOfOurs, () => contentOf('pleo/styles.css'))
  const styles = own + toThemeStyles(theme)
  return {
    stylesheet: toAsset(stylesheetPath, 'text/css; charset=utf-8', styles),
    script: toAsset(scriptPath, 'text/javascript; charset=utf-8', contentOf('filter.js')),
    logo: theme.logo === undefined ? undefined : loadLogo(theme.logo),
  }
}

function loadLogo(file: string): Asset | undefined {
  const content = readFileSync(file)
  const type = toLogoType(content)
  return type && toAsset(productLogoPath, type, content)
}

const toAsset = (path: string, type: string, content: string | Buffer): Asset => ({
  path,
  type,
  content,
  version: createHash('sha256').update(content).digest('base64url').slice(0, 12),
})

/** How large the logo of a theme may be, in bytes. */
export const maxLogoSize: number = 256 * 1024

/** The kinds of picture that a theme's logo can be. */
type LogoType = 'image/svg+xml' | 'image/png' | 'image/webp'

/** What a picture is by its content, whatever its file is called; undefined where it is none of these. */
export function toLogoType(content: Buffer): LogoType | undefined {
  const start = content.subarray(0, 12).toString('latin1')
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  // What may stand before the element: a byte order mark, the XML declaration, comments, the doctype.
  const isSvg = /^\uFEFF?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/is
  return isSvg.test(content.toString('utf8')) ? 'image/svg+xml' : undefined
}
