import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ViewsOptions } from './views-options.ts'
import { productLogoPath, scriptPath, stylesheetPath } from '../paths.ts'
import { findViewFile } from './files.ts'
import { toLogoType, toThemeStyles } from './theme.ts'

/** A file that pages load. Its version changes with its content. */
export interface Asset {
  /** The path that serves it. */
  readonly path: string
  readonly type: string
  readonly content: string | Buffer
  readonly version: string
}

/** The files that pages load. */
export interface Assets {
  readonly stylesheet: Asset
  readonly script: Asset
  /** The logo of the theme. */
  readonly logo: Asset | undefined
}

const importOfOurs = /^@import\s+(['"])pleo\/styles\.css\1;/m

/** Reads the files that pages load: ours, or those that replace them. */
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
