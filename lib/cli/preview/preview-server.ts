import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa, { type Context } from 'koa'
import { setPageHeaders } from '../../administration.ts'
import {
  createSamples,
  createViews,
  type Page,
  type PageData,
  type Samples,
  type Views,
} from '../../workbench/preview.ts'
import { Refusal } from '../terminal/refusals.ts'
import { toLook, toLookPath, type Look } from './look.ts'
import { createPreviewAssets } from './preview-assets.ts'
import { eventsPath, toIndex, toProblemPage, withReload } from './preview-pages.ts'
import {
  readSources,
  refuseWrongSource,
  watchSources,
  type PreviewSources,
  type PreviewState,
} from './sources.ts'

/** The options of `views preview`. */
export interface PreviewOptions extends PreviewSources {
  /** Without it, the preview listens on a free port. */
  readonly port?: number
}

const loopback = '127.0.0.1'

/**
 * Serves the preview on this machine until SIGINT or SIGTERM.
 *
 * @throws {@link Refusal} if a source is missing, or the port is in use
 */
export async function runPreview({ port = 0, ...sources }: PreviewOptions): Promise<void> {
  refuseWrongSource(sources)
  let state = readSources(sources)
  let stopWatching = (): void => undefined
  const listeners = new Set<ServerResponse>()
  const keepWatching = (): void => {
    stopWatching()
    stopWatching = watchSources(sources, state, () => {
      state = readSources(sources)
      keepWatching()
      for (const listener of listeners) listener.write('event: reload\ndata:\n\n')
    })
  }
  const handle = createApp(() => state, listeners).callback()
  const http = createServer((request, response) => void handle(request, response))
  try {
    http.listen(port, loopback)
    await once(http, 'listening')
    keepWatching()
    console.log(`Preview of every page in every state, with reload on save:

  http://${loopback}:${(http.address() as AddressInfo).port}/

Ctrl+C ends it.`)
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'EADDRINUSE' ? new Refusal(`port ${port} is in use`) : error
  } finally {
    stopWatching()
    http.close()
    http.closeAllConnections()
  }
}

function createApp(current: () => PreviewState, listeners: Set<ServerResponse>): Koa {
  const app = new Koa()
  app.use((ctx, next) => {
    const { localPort } = ctx.req.socket
    // Another site can point its own host name here, and could then read the pages.
    if (![`${loopback}:${localPort}`, `localhost:${localPort}`].includes(ctx.host)) ctx.throw(403)
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') ctx.throw(405)
    return next()
  })
  app.use((ctx, next) => (ctx.path === eventsPath ? openEvents(ctx, listeners) : next()))
  app.use(createPreviewAssets(current))
  app.use((ctx) => show(ctx, current()))
  return app
}

function openEvents(ctx: Context, listeners: Set<ServerResponse>): void {
  const { res } = ctx
  // Koa would report an error whenever a browser leaves a page.
  ctx.respond = false
  listeners.add(res)
  res.once('close', () => listeners.delete(res))
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  // The browser counts as connected when the first bytes arrive.
  res.write(': \n\n')
}

function show(ctx: Context, state: PreviewState): void {
  const { options, problems, findings } = state
  const { languages } = viewsWith(state, { scheme: 'system', isThemed: true })
  const look = toLook(ctx.query, languages)
  const page = viewsWith(state, look).of(look.language)
  const samples = createSamples(page)
  setPreviewHeaders(ctx)
  if (ctx.path === '/') {
    ctx.body = toIndex({
      look,
      languages,
      hasTheme: options.theme !== undefined,
      states: Object.entries(samples).map(([name, ofPage]) => [name, Object.keys(ofPage)]),
      problems: [...problems, ...findings.map(toLine)],
    })
    return
  }
  const [, name, wanted] = /^\/pages\/([^/]+)\/([^/]+)$/.exec(ctx.path) ?? []
  const sample = findSample(samples, name, wanted)
  if (!sample) return ctx.throw(404)
  const spoiling = findings.filter(({ pages }) => pages.includes(sample.page)).map(toLine)
  if (problems.length + spoiling.length > 0) {
    ctx.status = 422
    ctx.body = toProblemPage([...problems, ...spoiling])
    return
  }
  const data = look.direction ? { ...sample.data, dir: look.direction } : sample.data
  ctx.set('Content-Language', look.language)
  ctx.body = withReload(page.render(sample.page, data))
}

const toLine = ({ file, line, message }: PreviewState['findings'][number]): string =>
  `${file}:${line} ${message}`

const drawn = new WeakMap<PreviewState, Map<string, Views>>()

/** The pages with one look, created once for each state of the sources. */
function viewsWith(state: PreviewState, look: Pick<Look, 'scheme' | 'isThemed'>): Views {
  const ofState = drawn.get(state) ?? new Map<string, Views>()
  drawn.set(state, ofState)
  const path = toLookPath(look)
  const { theme, ...others } = state.options
  const options = look.isThemed && theme ? state.options : others
  const views = ofState.get(path) ?? createViews(options, `http://${loopback}${path}`)
  ofState.set(path, views)
  return views
}

function findSample(
  samples: Samples,
  name?: string,
  wanted?: string,
): { page: Page; data: PageData[Page] } | undefined {
  const page = Object.keys(samples).find((known) => known === name) as Page | undefined
  if (page === undefined || wanted === undefined) return undefined
  const entries = Object.entries(samples[page])
  const data = entries.find(([state]) => encodeURIComponent(state) === wanted)?.[1]
  return data && { page, data }
}

/** Sets the headers of the server, and allows the page to listen for changes. */
function setPreviewHeaders(ctx: Context): void {
  setPageHeaders(ctx)
  ctx.type = 'html'
  const policy = ctx.response.get('Content-Security-Policy')
  ctx.set('Content-Security-Policy', `${policy}; connect-src 'self'`)
  ctx.set('X-Content-Type-Options', 'nosniff')
}
