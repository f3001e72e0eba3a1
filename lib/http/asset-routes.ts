import type { Middleware } from 'koa'
import type { Asset, Assets } from '../pages/assets.ts'
import type { PathMiddleware } from './app.ts'

/** Serves the files that pages load. */
export const createAssetRoutes = ({
  stylesheet,
  script,
  logo,
  icon,
}: Assets): readonly PathMiddleware[] =>
  [stylesheet, script, logo, icon]
    .filter((asset) => asset !== undefined)
    .map((asset) => [asset.path, createAsset(asset)])

/** The URL changes with the content, so browsers may keep it for good. */
function createAsset({ type, content, version }: Asset): Middleware {
  return (ctx) => {
    const isCurrent = ctx.query['v'] === version
    ctx.set('Cache-Control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache')
    if (type.startsWith('image/')) {
      // An SVG that is opened by itself is a document: it may have styles, and may do nothing.
      ctx.set({
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        'Cross-Origin-Resource-Policy': 'same-origin',
      })
    }
    ctx.type = type
    ctx.body = content
  }
}
