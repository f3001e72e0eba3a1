import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFolder } from '../support/folder.ts'
import { block } from '../support/templates.ts'

const root = join(import.meta.dirname, '../..')

/** Creates a server in a process of its own. Returns the files of the template checker, and the HTML parser, that it loaded. */
function loadedWith(views: object): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({
      load(url, context, next) {
        loaded.push(url)
        return next(url, context)
      },
    })
    const { createAuthorizationServer } = await import(${JSON.stringify(pathToFileURL(join(root, 'lib/index.ts')).href)})
    createAuthorizationServer({
      issuer: 'http://localhost:3000',
      cookieKeys: ['a key for the cookies of the tests'],
      accounts: { find() {}, subjects: () => [], authenticate() {} },
      resourceServer: { audience: 'https://api.example.test' },
      views: ${JSON.stringify(views)},
    })
    console.log(JSON.stringify(loaded))`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    cwd: root,
  })
  const urls = JSON.parse(output) as readonly string[]
  expect(urls.some((url) => url.endsWith('/lib/authorization-server.ts'))).toBe(true)
  return urls.filter((url) => /\/lib\/workbench\/|\/node_modules\/parse5\//.test(url))
}

describe('a server that is created', () => {
  test('without templates of the host loads no template checker and no HTML parser', () => {
    expect(loadedWith({ theme: { productName: 'Fjordbank' } })).toEqual([])
    expect(loadedWith({ directories: [] })).toEqual([])
  })

  test('with templates of the host loads both', () => {
    const loaded = loadedWith({ directories: [createFolder(block('login', '{{ super() }}'))] })
    expect(loaded.some((url) => url.endsWith('/lib/workbench/template-check.ts'))).toBe(true)
    expect(loaded.some((url) => url.includes('/parse5/'))).toBe(true)
  })
})
