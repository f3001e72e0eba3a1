import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { connect } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCommand, type RunningCommand } from '../support/cli.ts'
import { createFolder } from '../support/folder.ts'
import { hostLogin } from '../support/templates.ts'

const folder = createFolder({
  'login.njk': hostLogin,
  'theme.json': JSON.stringify({
    productName: 'Fjordbank',
    logo: 'logo.svg',
    colors: { primary: '#0a5c36', dark: { primary: '#7fe0b0' } },
  }),
  'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'locals.json': '{"help":"/help"}',
})
const theme = join(folder, 'theme.json')

let command: RunningCommand
let origin: string
beforeAll(async () => {
  const options = ['--theme', theme, '--locals', join(folder, 'locals.json')]
  command = startCommand('views', 'preview', folder, ...options)
  origin = (await command.said(/http:\/\/127\.0\.0\.1:\d+(?=\/\n)/)) || ''
})
afterAll(async () => {
  command.kill('SIGTERM')
  await command.ended
})

const get = (path: string): Promise<Response> => fetch(new URL(path, origin))
const read = async (path: string): Promise<string> => (await get(path)).text()

const languages = ['en', 'da', 'de', 'es', 'fi', 'fr', 'it', 'nb', 'nl', 'pt', 'sv']

/** The pages that the index leads to. */
const pagesOf = async (query: string): Promise<readonly string[]> =>
  [...(await read(`/?${query}`)).matchAll(/href="(\/pages\/[^"]+)"/g)].map(([, url = '']) =>
    url.replaceAll('&#38;', '&'),
  )

describe('the preview', () => {
  test.each(languages)('shows every page in every state in %s', async (lang) => {
    const pages = await pagesOf(`lang=${lang}`)
    expect(pages.length).toBeGreaterThan(30)
    for (const url of pages) {
      const answer = await get(url)
      const text = await answer.text()
      expect.soft(answer.status, url).toBe(200)
      expect.soft(text, url).toContain(`<html lang="${lang}" dir="ltr">`)
      // The product is called what the theme says, in every sentence.
      expect.soft(text.replaceAll(/t\('[^']*'/g, ''), url).not.toContain('Pleo')
    }
  })

  test('turns a page round', async () => {
    const [url = ''] = await pagesOf('lang=da&dir=rtl')
    expect(await read(url)).toContain('<html lang="da" dir="rtl">')
  })

  test('serves pages as the server does, and lets them hear of changes', async () => {
    const [url = ''] = await pagesOf('')
    const { headers } = await get(url)
    const policy = headers.get('content-security-policy')
    expect(policy).toContain(
      "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'",
    )
    expect(policy).toContain("connect-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('x-frame-options')).toBe('DENY')
  })

  test.each([
    ['system', '--primary: #0a5c36;', '@media (prefers-color-scheme: dark)'],
    ['dark', '--primary: #7fe0b0;', '@media (width >= 0)'],
    ['light', '--primary: #0a5c36;', '@media (width < 0)'],
  ])('has the theme of the host in the colours of %s', async (scheme, color, query) => {
    const pages = await pagesOf(`scheme=${scheme}`)
    const page = await read(pages.find((url) => url.includes('/error/')) ?? '')
    const styles = await get(/rel="stylesheet" href="([^"]+)"/.exec(page)?.[1] ?? '')
    expect(styles.headers.get('content-type')).toContain('text/css')
    const text = await styles.text()
    expect(text).toContain(color)
    expect(text).toContain(query)
    expect(page).toContain('Fjordbank')
  })

  test('has a logo, and ours where the theme is left out', async () => {
    const pages = await pagesOf('')
    const page = await read(pages.find((url) => url.includes('/error/')) ?? '')
    const logo = await get(/<img src="([^"]+)" alt="Fjordbank"/.exec(page)?.[1] ?? '')
    expect(logo.headers.get('content-type')).toBe('image/svg+xml')
    const others = await pagesOf('theme=none')
    const plain = await read(others.find((url) => url.includes('/error/')) ?? '')
    expect(plain).toContain('<header class="brand">Pleo</header>')
    const styles = /rel="stylesheet" href="([^"]+)"/.exec(plain)?.[1] ?? ''
    expect(await read(styles)).not.toContain('#0a5c36')
  })

  test.each([
    '/pages/consent/nothing%20like%20it',
    '/pages/nothing/x',
    '/pages/constructor/name',
    '/etc/passwd',
    '/pages/consent/%E0%A4%A',
  ])('has nothing at %s', async (path) => {
    expect((await get(path)).status).toBeGreaterThanOrEqual(400)
    expect((await get(path)).status).toBeLessThan(500)
  })
})

describe('the preview is for this machine only', () => {
  const ask = (headers: Record<string, string>, method = 'GET'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(origin, { headers, method }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .once('error', reject)
        .end()
    })

  test('under its own name', async () => {
    const { port, host } = new URL(origin)
    expect(await ask({ host })).toBe(200)
    expect(await ask({ host: `localhost:${port}` })).toBe(200)
    expect(await ask({ host: `evil.example:${port}` })).toBe(403)
    expect(await ask({ host: 'evil.example' })).toBe(403)
    expect(await ask({ host: `127.0.0.1.evil.example:${port}` })).toBe(403)
    expect(await ask({ host }, 'POST')).toBe(405)
  })

  test('on the loopback address', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of outside) {
      const socket = connect(Number(new URL(origin).port), address)
      const isOpen = await new Promise((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      })
      socket.destroy()
      expect(isOpen).toBe(false)
    }
  })
})

describe('on save', () => {
  /** Saves, and waits until open pages are told to load again. */
  async function save(file: string, content: string): Promise<void> {
    const abort = new AbortController()
    const { body } = await fetch(`${origin}/preview/events`, { signal: abort.signal })
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    // Now it is connected.
    await reader?.read()
    writeFileSync(join(folder, file), content)
    let heard = ''
    while (!heard.includes('event: reload')) heard += (await reader?.read())?.value ?? ''
    abort.abort()
  }
  const login = '/pages/login/for%20a%20client'

  test('pages are told to load again, and show what was saved', async () => {
    expect(await read(login)).toMatch(
      /<script type="module" src="\/preview\/reload\.js"><\/script><\/body>/,
    )
    expect(await read('/preview/reload.js')).toContain('location.reload()')
    await save('login.njk', hostLogin.replace('<h1>', '<h1>New: '))
    expect(await read(login)).toContain('<h1>New: ')
    await save('login.njk', hostLogin)
    expect(await read(login)).not.toContain('<h1>New: ')
  })

  test('a mistake is shown in place of the pages it spoils, until it is right', async () => {
    await save('login.njk', hostLogin.replace('{{ username }}', '{{ usrname | safe }}'))
    const answer = await get(login)
    const text = await answer.text()
    expect(answer.status).toBe(422)
    expect(text).toContain('login.njk:10 names usrname, which does not exist here')
    expect(text).toContain('login.njk:10 writes something with &#34;| safe&#34;')
    expect(text).toContain('/preview/reload.js')
    expect((await get('/pages/consent/one%20company')).status).toBe(200)
    expect(await read('/')).toContain('login.njk:10 names usrname')
    await save('login.njk', hostLogin)
    expect((await get(login)).status).toBe(200)
  })

  test('the theme is read again, and complained about', async () => {
    await save('theme.json', '{"productName":"Havn"}')
    expect(await read(login)).toContain('Havn')
    await save('theme.json', '{"radius":"1px;"}')
    expect(await read(login)).toContain('views.theme.radius: must be a length')
    await save('theme.json', '{"radius"')
    expect(await read(login)).toContain(`${theme} is not JSON (line `)
    await save('theme.json', '{}')
    expect((await get(login)).status).toBe(200)
  })
})

describe('the time zone of the preview', () => {
  /** All pages of connections and consent, and what the start page says. */
  const readWith = async (...options: readonly string[]) => {
    const own = startCommand('views', 'preview', ...options)
    const address = (await own.said(/http:\/\/127\.0\.0\.1:\d+(?=\/\n)/)) || ''
    const start = await (await fetch(address)).text()
    const urls = [...start.matchAll(/href="(\/pages\/con[^"]+)"/g)].map(([, url = '']) => url)
    const pages = await Promise.all(
      urls.map(async (url) => (await fetch(address + url.replaceAll('&#38;', '&'))).text()),
    )
    own.kill('SIGTERM')
    await own.ended
    return { pages: pages.join('\n') }
  }

  test('is named with every date, unless one is given', async () => {
    expect((await readWith()).pages).toMatch(/March\u00A014, 2026\D+10:00\u00A0UTC/)
    const { pages } = await readWith('--time-zone', 'Pacific/Kiritimati')
    expect(pages).toContain('March\u00A015, 2026')
    expect(pages).not.toMatch(/UTC|March\s14/)
  })

  test('is refused by name if there is none like it', async () => {
    const { code, stderr } = await startCommand(
      'views',
      'preview',
      '--time-zone',
      'Europe/Kopenhagen',
    ).ended
    expect(code).toBe(2)
    expect(stderr).toContain('--time-zone must be the name of a time zone')
  })
})

describe('the process', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('ends on %s', async (signal) => {
    const own = startCommand('views', 'preview')
    const address = await own.said(/http:\/\/127\.0\.0\.1:\d+/)
    // An open stream of events keeps nothing up.
    const events = await fetch(`${address}/preview/events`)
    own.kill(signal)
    const { code, stderr } = await own.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    await events.body?.cancel().catch(() => undefined)
  })

  test('says when its port is taken', async () => {
    const { port } = new URL(origin)
    const { code, stderr } = await startCommand('views', 'preview', '--port', port).ended
    expect({ code, stderr }).toEqual({ code: 1, stderr: `error: port ${port} is in use\n` })
  })
})
