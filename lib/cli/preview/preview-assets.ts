import type { Middleware } from 'koa'
import { loadAssets, sampleLogoPath } from '../../workbench/preview.ts'
import { schemes, toForcedScheme, toLookPath } from './look.ts'
import { choosePath, eventsPath, reloadPath, stylesPath } from './preview-pages.ts'
import type { PreviewState } from './sources.ts'

/** Reloads a page when a source is saved. */
const reloadScript = `new EventSource('${eventsPath}').addEventListener('reload', () => location.reload())\n`

/** Applies a choice at once, and stays at it. Without scripts, the form has a button. */
const chooseScript = `const form = document.querySelector('form')
const key = 'pleo-preview-choice'
document.getElementById(sessionStorage.getItem(key) ?? '')?.focus()
sessionStorage.removeItem(key)
form.addEventListener('change', ({ target }) => {
  sessionStorage.setItem(key, target.id)
  location.replace('?' + new URLSearchParams(new FormData(form)))
})
`

const previewStyles = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 3rem auto; max-width: 60rem; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; letter-spacing: -0.01em; margin: 0 0 1.25rem; }
form { align-items: end; border: 1px solid color-mix(in srgb, currentcolor 20%, transparent); border-radius: 0.5rem; display: flex; flex-wrap: wrap; gap: 1rem; margin-block-end: 1rem; padding: 1rem; }
form div { display: grid; font-size: 0.875rem; gap: 0.25rem; }
select, button { block-size: 2.25rem; font: inherit; padding: 0 0.5rem; }
a { color: light-dark(#1d4fc4, #9dbaff); }
main { columns: 17rem; column-gap: 2rem; }
section { break-inside: avoid; padding-block: 0.75rem; }
h2 { font-size: 1rem; margin: 0 0 0.25rem; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding-block: 0.125rem; }
.problems { border-inline-start: 0.25rem solid #c9353e; margin-block: 1rem; padding-inline-start: 1rem; }
.problems li { font-family: ui-monospace, monospace; overflow-wrap: anywhere; padding-block: 0.25rem; }
`

const sampleLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" fill="#0a5c36"/><path d="M10 34 24 12l14 22Z" fill="#fff"/></svg>`

/** Serves the files that the pages load in each look, and those of the preview itself. */
export function createPreviewAssets(current: () => PreviewState): Middleware {
  return (ctx, next) => {
    const send = (type: string, content: string | Buffer): void => {
      ctx.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
      ctx.type = type
      ctx.body = content
    }
    const { path } = ctx
    if (path === reloadPath) return send('text/javascript; charset=utf-8', reloadScript)
    if (path === choosePath) return send('text/javascript; charset=utf-8', chooseScript)
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
        const isStyles = asset === assets.stylesheet
        return send(type, isStyles ? toForcedScheme(String(content), scheme) : content)
      }
    }
    return next()
  }
}
