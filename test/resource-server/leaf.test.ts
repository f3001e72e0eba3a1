import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What a process loads that imports that entry, and nothing else. */
function loadedBy(entry: string): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module'
    const urls = new Set()
    registerHooks({
      load(url, context, next) {
        urls.add(url)
        return next(url, context)
      },
    })
    await import(${JSON.stringify(entry)})
    process.stdout.write(JSON.stringify([...urls]))
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  })
  return (JSON.parse(stdout) as readonly string[]).filter((url) => url.startsWith('file:'))
}

test('who imports pleo-oauth-server/resource-server loads jose, and nothing of the server', () => {
  const urls = loadedBy('pleo-oauth-server/resource-server')
  const packages = urls.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1])
  expect(new Set(packages)).toEqual(new Set([undefined, 'jose']))
  const own = urls.filter((_, index) => packages[index] === undefined)
  const outside = own
    .map((url) => url.slice(url.indexOf('/dist/') + '/dist/'.length))
    .filter((path) => !path.startsWith('lib/resource-server/'))
  expect(new Set(outside)).toEqual(
    new Set([
      'lib/validation/dpop-proof.js',
      'lib/validation/url.js',
      'lib/validation/warner.js',
      'lib/pleo/subject.js',
    ]),
  )
})

test('this would show it', () => {
  expect(loadedBy('pleo-oauth-server').some((url) => url.includes('/oidc-provider/'))).toBe(true)
})
