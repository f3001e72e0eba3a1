import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa, { type Context } from 'koa'
import { setPageHeaders } from '../../http/security-headers.ts'
import {
  createSamples,
  createViews,
  type Page,
  type PageData,
  type Samples,
  type Views,
} from '../../workbench/preview.ts'
import { createPreviewAssets } from './assets.ts'
import { eventsPath, toIndex, toProblemPage, withReload } from './html.ts'
import { toLook, toLookPath, type Look } from './look.ts'
import { listWatched, readSources, type PreviewSources, type PreviewState } from './sources.ts'
import { watchSources } from './watching.ts'

/** Serves the preview. */
export interface PreviewServer {
  /** Starts to listen, on this machine only. Answers the address. */
  listen(port: number): Promise<string>
  close(): void
}

const loopback = '127.0.0.1'

/** Makes a server that shows the pages as they are when they are asked for. */
export function createPreviewServer(sources: PreviewSources): PreviewServer {
  let state = readSources(sources)
  const listeners = new Set<ServerResponse>()
  const app = new Koa()
  const http = createServer()
  let stopWatching = (): void => undefined
  const keepWatching = (): void => {
    stopWatching()
    stopWatching = watchSources(listWatched(sources, state), () => {
      state = readSources(sources)
      keepWatching()
      for (const listener of listeners) listener.write('event: reload\ndata:\n\n')
    })
  }

  app.use((ctx, next) => {
    const { port } = http.address() as AddressInfo
    // A page elsewhere can have a name of its own lead here, and would then read what is served.
    if (![`${loopback}:${port}`, `localhost:${port}`].includes(ctx.host)) ctx.throw(403)
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') ctx.throw(405)
    return next()
  })
  app.use((ctx, next) => (ctx.path === eventsPath ? openEvents(ctx, listeners) : next()))
  app.use(createPreviewAssets(() => state))
  app.use((ctx) => show(ctx, state))
  const handle = app.callback()
  http.on('request', (request, response) => void handle(request, response))
  return {
    listen: async (port) => {
      await new Promise<void>((resolve, reject) => {
        http.once('error', reject)
        http.listen(port, loopback, resolve)
      })
      keepWatching()
      return `http://${loopback}:${(http.address() as AddressInfo).port}`
    },
    close: () => {
      stopWatching()
      http.close()
      http.closeAllConnections()
    },
  }
}

function openEvents(ctx: Context, listeners: Set<ServerResponse>): void {
  const { res } = ctx
  // The framework would complain about every page that is left.
  ctx.respond = false
  listeners.add(res)
  res.once('close', () => listeners.delete(res))
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  // Something must be sent for the browser to know that it is connected.
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
    const states = Object.entries(samples).map(
      ([name, ofPage]) => [name, Object.keys(ofPage)] as const,
    )
    const lines = [...problems, ...findings.map(toLine)]
    const hasTheme = options.theme !== undefined
    ctx.body = toIndex({ look, languages, hasTheme, states, problems: lines })
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

/** The pages with one look: made once for what they are made of. */
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

interface FoundSample {
  readonly page: Page
  readonly data: PageData[Page]
}

function findSample(
  samples: Samples,
  name: string | undefined,
  wanted: string | undefined,
): FoundSample | undefined {
  const page = Object.keys(samples).find((known) => known === name) as Page | undefined
  if (page === undefined || wanted === undefined) return undefined
  const entries = Object.entries(samples[page])
  const data = entries.find(([state]) => encodeURIComponent(state) === wanted)?.[1]
  return data && { page, data }
}

/** Those that the server sets, and the leave to hear of changes. */
function setPreviewHeaders(ctx: Context): void {
  setPageHeaders(ctx)
  ctx.type = 'html'
  const policy = ctx.response.get('Content-Security-Policy')
  ctx.set('Content-Security-Policy', `${policy}; connect-src 'self'`)
  ctx.set('X-Content-Type-Options', 'nosniff')
}
