import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseMetrics, type Metric } from '../support/prometheus.ts'
import { useServer } from '../support/server.ts'

// The dashboard and the pages name the metrics that there are, and no others.

const server = useServer()

const read = (path: string): string =>
  readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8')

const readMetrics = async (): Promise<ReadonlyMap<string, Metric>> =>
  parseMetrics(await server.metrics())

interface Panel {
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly query: string | { query: string } }[] }
}

/** Labels that Prometheus adds. */
const added = ['instance', 'job']

const valuesOf = ({ series }: Metric, label: string): ReadonlySet<string> =>
  new Set(series.flatMap(({ labels }) => labels[label] ?? []))

const labelsOf = (metric: Metric): readonly string[] => [
  ...new Set(metric.series.flatMap(({ labels }) => Object.keys(labels))),
  ...added,
]

/** What a query names that does not exist. */
function findMistakes(query: string, metrics: ReadonlyMap<string, Metric>): readonly string[] {
  const mistakes: string[] = []
  const used = [...query.matchAll(/\b(pleo_oauth_\w+)(?:\{([^}]*)\})?/g)]
  const labels = new Set(added)
  for (const [, name = '', matchers = ''] of used) {
    const metric = metrics.get(name) ?? metrics.get(name.replace(/_(bucket|sum|count)$/, ''))
    if (!metric?.series.some((series) => series.name === name)) {
      mistakes.push(name)
      continue
    }
    for (const label of labelsOf(metric)) labels.add(label)
    for (const [, label = '', operator = '', value = ''] of matchers.matchAll(
      /(\w+)(=~|!~|!=|=)"([^"]*)"/g,
    )) {
      if (!labelsOf(metric).includes(label)) mistakes.push(`${name}{${label}}`)
      if (added.includes(label)) continue
      const values = operator.includes('~') ? value.split('|') : [value]
      const known = valuesOf(metric, label)
      mistakes.push(...values.filter((one) => !known.has(one)).map((one) => `${label}=${one}`))
    }
  }
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  )
  const isHistogram = query.includes('_bucket')
  mistakes.push(
    ...grouped.filter((label) => !labels.has(label) && !(label === 'le' && isHistogram)),
  )
  return used.length === 0 ? [...mistakes, 'no metric'] : mistakes
}

const namesIn = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/pleo_oauth_\w+/g)].map(([name]) =>
      name.replace(/_seconds_(bucket|sum|count)$/, '_seconds'),
    ),
  )

test('every query of the dashboard names metrics, labels and values that exist', async () => {
  const metrics = await readMetrics()
  const { panels, templating } = JSON.parse(read('grafana-dashboard.json')) as Dashboard
  const queries = panels.flatMap(({ targets = [] }) => targets)
  expect(queries.length).toBeGreaterThan(10)
  for (const { expr, legendFormat } of queries) {
    expect([expr, findMistakes(expr, metrics)]).toEqual([expr, []])
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      const isThere = expr.includes(` ${label})`) || expr.includes(`(${label})`)
      expect([expr, label, isThere || label === 'instance']).toEqual([expr, label, true])
    }
  }
  for (const { query } of templating.list) {
    const text = typeof query === 'string' ? query : query.query
    if (text === 'prometheus') continue
    expect(findMistakes(text, metrics)).toEqual([])
  }
  for (const { type, targets = [] } of panels) expect(targets.length > 0).toBe(type !== 'row')
})

test('the dashboard shows every metric', async () => {
  expect(namesIn(read('grafana-dashboard.json'))).toEqual(new Set((await readMetrics()).keys()))
})

test('operations.md describes every metric with its labels', async () => {
  const rows = [...read('operations.md').matchAll(/^\| `(pleo_oauth_\w+)` +\| ([^|]*)\|/gm)]
  const described = rows.map(([, name = '', list = '']): [string, ReadonlySet<string>] => [
    name,
    new Set([...list.matchAll(/`(\w+)`/g)].map(([, label = '']) => label)),
  ])
  const existing = [...(await readMetrics())].map(
    ([name, metric]): [string, ReadonlySet<string>] => [
      name,
      new Set(labelsOf(metric).filter((label) => label !== 'le' && !added.includes(label))),
    ],
  )
  expect(new Map(described)).toEqual(new Map(existing))
})

test('every query of operations.md names metrics, labels and values that exist', async () => {
  const metrics = await readMetrics()
  const queries = [
    ...read('operations.md').matchAll(/^\| `((?:sum|max|histogram_quantile)\([^`]+)`/gm),
  ]
  expect(queries.length).toBeGreaterThan(3)
  for (const [, query = ''] of queries) {
    expect([query, findMistakes(query.replaceAll('\\|', '|'), metrics)]).toEqual([query, []])
  }
})

test('a query that names something that does not exist is found', async () => {
  const metrics = await readMetrics()
  expect(findMistakes('rate(pleo_oauth_request_total[5m])', metrics)).toEqual([
    'pleo_oauth_request_total',
  ])
  expect(
    findMistakes(
      'sum by (client) (pleo_oauth_requests_total{subject="a",outcome=~"ok|bad"})',
      metrics,
    ),
  ).toEqual(['pleo_oauth_requests_total{subject}', 'subject=a', 'outcome=bad', 'client'])
})
