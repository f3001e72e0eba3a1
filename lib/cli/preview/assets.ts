import type { Middleware } from 'koa'
import { loadAssets, sampleLogoPath } from '../../workbench/preview.ts'
import { previewStyles, reloadPath, reloadScript, stylesPath } from './html.ts'
import { schemes, toForcedScheme, toLookPath } from './look.ts'
import type { PreviewState } from './sources.ts'

const sampleLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" fill="#0a5c36"/><path d="M10 34 24 12l14 22Z" fill="#fff"/></svg>`

/** Serves what the pages load, in each scheme, and what the preview itself loads. */
export function createPreviewAssets(current: () => PreviewState): Middleware {
  return (ctx, next) => {
    const send = (type: string, content: string | Buffer): void => {
      ctx.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
      ctx.type = type
      ctx.body = content
    }
    const { path } = ctx
    if (path === reloadPath) return send('text/javascript; charset=utf-8', reloadScript)
    if (path === stylesPath) return send('text/css; charset=utf-8', previewStyles)
    if (path === sampleLogoPath || path === '/favicon.ico') return send('image/svg+xml', sampleLogo)
    for (const scheme of schemes) {
      for (const isThemed of [true, false]) {
        const prefix = toLookPath({ scheme, isThemed })
        if (!path.startsWith(`${prefix}/`)) continue
        const { theme, ...others } = current().options
        const assets = loadAssets(isThemed && theme ? { ...others, theme } : others)
        const asset = Object.values(assets).find((one) => one?.path === path.slice(prefix.length))
        if (!asset) return next()
        const { type, content } = asset
        return send(
          type,
          asset === assets.stylesheet ? toForcedScheme(String(content), scheme) : content,
        )
      }
    }
    return next()
  }
}
