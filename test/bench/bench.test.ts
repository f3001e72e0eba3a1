import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createFolder } from '../support/folder.ts'
import type { Report } from './report.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
/** One round of 100 ms for each server. */
function bench(out: string, ...args: readonly string[]) {
  const quick = ['--seconds', '0.1', '--rounds', '1', '--out', out]
  return spawnSync(process.execPath, [main, ...quick, ...args], { encoding: 'utf8' })
}

test('a run measures every work on every server, and writes tables, figures and a chart', () => {
  const out = createFolder()
  const { status, stdout, stderr } = bench(out)
  expect({ status, stderr }).toMatchObject({ status: 0 })
  const { works } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Report
  const names = ['introspection', 'refresh', 'revocation', 'authorization', 'flow']
  expect(works.map(({ work }) => work)).toEqual(names)
  for (const { work, servers } of works) {
    expect(servers.map(({ server }) => server)).toEqual(['ours', 'bare', 'thin'])
    expect(stdout).toContain(`| ${work}`)
    for (const { figures } of servers) {
      for (const name of ['rate', 'p50', 'p99', 'cpu', 'memory'] as const) {
        expect(figures[name].median).toBeGreaterThan(0)
      }
    }
  }
  const commands = works[0]?.servers.map(({ figures }) => figures.commands.median)
  // The thin server reads one key, and the load sends nothing else.
  expect(commands?.[2]).toBe(1)
  expect(readFileSync(join(out, 'chart.svg'), 'utf8')).toContain('to reach: 2×')
})

test('a run with one wrong answer ends without a report', () => {
  const built = (file: string): string => new URL(`../../dist/${file}`, import.meta.url).href
  const checkout = createFolder({
    'package.json': '{ "type": "module" }',
    'dist/adapters/redis.js': `export * from '${built('adapters/redis.js')}'`,
    'dist/lib/index.js': `import { createAuthorizationServer as create } from '${built('lib/index.js')}'
export function createAuthorizationServer(options) {
  const server = create(options)
  server.app.middleware.unshift(async (ctx, next) => {
    await next()
    if (ctx.path.endsWith('/introspect')) ctx.body = { active: false }
  })
  return server
}`,
  })
  const out = createFolder()
  const wrong = ['--only', 'introspection', '--servers', 'bare', '--compare', checkout]
  const { status, stdout, stderr } = bench(out, ...wrong)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(
    /No report\. introspection on compared: unexpected answer 200 .*"active":false/,
  )
  expect(existsSync(join(out, 'results.json'))).toBe(false)
})
