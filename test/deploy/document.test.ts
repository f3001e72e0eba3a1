import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { begin, end, toCapacityTable } from '../bench/capacity.ts'
import { readCompose } from './compose.ts'
import { readDockerfile } from './dockerfile.ts'
import { doc, readExample } from './files.ts'
import { podSpec } from './pods.ts'

// docs/deploy.md says what the files say.

const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
const files = {
  dockerfile: 'Dockerfile',
  nginx: 'nginx.conf',
  ini: 'pleo-oauth@.service',
  yaml: 'kubernetes.yaml',
}
const quotes = [...doc.matchAll(/^```(dockerfile|nginx|ini|yaml)\n([^]*?)^```$/gm)].map(
  ([, language = '', text = '']) => ({ file: files[language as keyof typeof files], text }),
)

test('it quotes each file', () => {
  expect(new Set(quotes.map(({ file }) => file))).toEqual(new Set(Object.values(files)))
})

test.each(quotes)('$file has the lines that are quoted: $text', ({ file, text }) => {
  expect(squeeze(readExample(file))).toContain(squeeze(text))
})

describe('the times', () => {
  const rows = new Map(
    [...doc.matchAll(/^\| (.*?) +\| +(\d+) \|$/gm)].map(([, name = '', seconds]) => [
      name,
      Number(seconds),
    ]),
  )
  const timeOf = (words: string): number =>
    [...rows].find(([name]) => name.includes(words))?.[1] ?? Number.NaN
  const find = (file: string, pattern: RegExp): number =>
    Number(pattern.exec(readExample(file))?.[1]?.replaceAll('_', ''))
  const [container] = podSpec.containers

  test('are those of the files', () => {
    expect({
      docker: timeOf('Docker asks'),
      kubernetes: timeOf('Kubernetes asks'),
      preStop: timeOf('`preStop`: the'),
      close: timeOf('server.close'),
      redis: timeOf('Redis is closed'),
      dockerKills: timeOf('Docker kills'),
      systemdKills: timeOf('systemd kills'),
      kubernetesKills: timeOf('Kubernetes kills'),
      nginx: timeOf('nginx keeps'),
      server: timeOf('the server keeps'),
    }).toEqual({
      docker: find('Dockerfile', /--interval=(\d+)s/),
      kubernetes: container.readinessProbe.periodSeconds,
      preStop: Number(container.lifecycle.preStop.exec.command[1]),
      close: find('main.ts', /timeout: (\d+) \}/) / 1000,
      redis: find('server.ts', /pause\((\d+)\)/) / 1000,
      dockerKills: Number.parseInt(readCompose().services['server-1']?.stop_grace_period ?? '', 10),
      systemdKills: find('pleo-oauth@.service', /TimeoutStopSec=(\d+)/),
      kubernetesKills: podSpec.terminationGracePeriodSeconds,
      nginx: find('nginx.conf', /keepalive_timeout (\d+)s/),
      server: find('main.ts', /keepAliveTimeout = ([\d_]+)/) / 1000,
    })
  })

  test('leave enough for the end, and for a connection that is used again', () => {
    const ending = timeOf('server.close') + timeOf('Redis is closed')
    expect(timeOf('Docker kills')).toBeGreaterThan(ending)
    expect(timeOf('systemd kills')).toBeGreaterThan(ending)
    expect(timeOf('Kubernetes kills')).toBeGreaterThan(timeOf('`preStop`: the') + ending)
    expect(timeOf('the server keeps')).toBeGreaterThan(timeOf('nginx keeps'))
  })
})

test('the image starts node without a shell', () => {
  expect(readDockerfile().command[0]).toBe('node')
})

test('the capacity follows from the figures of docs/benchmarks.md', () => {
  const read = (name: string): string =>
    readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8')
  const [, table = ''] = doc.split(begin).flatMap((part) => part.split(end))
  const toRows = (text: string): readonly string[] =>
    text
      .trim()
      .split('\n')
      .filter((line) => !/^\|[ :-]+\|/.test(line))
      .map(squeeze)
  // To write it: npm run bench -- --full --docs
  expect(toRows(table)).toEqual(
    toRows(toCapacityTable(read('benchmarks.md'), read('operations.md'))),
  )
})
