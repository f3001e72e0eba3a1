import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ViewsOptions } from './views-options.ts'
import { iconPath, productLogoPath, scriptPath, stylesheetPath } from '../paths.ts'
import { findViewFile } from './files.ts'
import { toPictureType, toThemeStyles } from './theme.ts'
import { drawIcon } from './theme-icon.ts'

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
  /** The icon of the theme, or else ours. */
  readonly icon: Asset
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
    script: toAsset(scriptPath, 'text/javascript; charset=utf-8', contentOf('script.js')),
    logo: loadPicture(productLogoPath, theme.logo),
    icon: loadPicture(iconPath, theme.icon) ?? toAsset(iconPath, 'image/svg+xml', drawIcon(theme)),
  }
}

function loadPicture(path: string, file: string | undefined): Asset | undefined {
  if (file === undefined) return undefined
  const content = readFileSync(file)
  const type = toPictureType(content)
  return type && toAsset(path, type, content)
}

const toAsset = (path: string, type: string, content: string | Buffer): Asset => ({
  path,
  type,
  content,
  version: createHash('sha256').update(content).digest('base64url').slice(0, 12),
})
