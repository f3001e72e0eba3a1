/** One number of a text of metrics. */
export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric of a text of metrics. */
export interface Metric {
  readonly type: string
  readonly help: string
  readonly series: readonly Series[]
}

const linePattern = /^([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)+)\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/

/**
 * Reads the text format of Prometheus, as strictly as its own tools do. Only numbers of 0 and more are accepted.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/ Exposition formats}
 */
export function parseMetrics(text: string): ReadonlyMap<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const metrics = new Map<string, Metric>()
  for (const block of text.trimEnd().split('\n\n')) {
    const [helpLine = '', typeLine = '', ...lines] = block.split('\n')
    const [, name = '', help = ''] = /^# HELP (\S+) (.+)$/.exec(helpLine) ?? []
    const [, typed, type = ''] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(typeLine) ?? []
    if (name === '' || typed !== name) throw new Error(`not a metric: ${block.slice(0, 200)}`)
    if (metrics.has(name)) throw new Error(`${name} comes twice`)
    const series = lines.map((line) => parseLine(line))
    checkSeries(name, type, series)
    metrics.set(name, { type, help, series })
  }
  return metrics
}

function parseLine(line: string): Series {
  const [, name, list = '', value] = linePattern.exec(line) ?? []
  if (name === undefined) throw new Error(`not a line: ${line}`)
  const labels = [...list.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, label, of]) => [label, of])
  return { name, labels: Object.fromEntries(labels) as Series['labels'], value: Number(value) }
}

function checkSeries(name: string, type: string, series: readonly Series[]): void {
  const isHistogram = type === 'histogram'
  const names = isHistogram ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name]
  const wrong = series.find((one) => !names.includes(one.name))
  if (wrong) throw new Error(`${wrong.name} is not of ${name}`)
  const keys = series.map((one) => toKey(one.name, one.labels))
  if (new Set(keys).size < keys.length) throw new Error(`${name} has a series twice`)
  if (isHistogram) checkBuckets(name, series)
}

/** Buckets count up to the whole. */
function checkBuckets(name: string, series: readonly Series[]): void {
  for (const { labels, value } of series.filter((one) => one.name === `${name}_count`)) {
    const own = series.filter((one) => one.name === `${name}_bucket` && isPart(labels, one.labels))
    const values = own.map((one) => one.value)
    const bounds = own.map((one) => Number(one.labels['le']?.replace('+Inf', 'Infinity')))
    const isSorted = (list: readonly number[]): boolean =>
      list.every((one, at) => one >= (list[at - 1] ?? 0))
    if (!isSorted(values) || !isSorted(bounds) || bounds.at(-1) !== Infinity)
      throw new Error(`the buckets of ${name} are not in order`)
    if (values.at(-1) !== value) throw new Error(`the buckets of ${name} are not its count`)
  }
}

const isPart = (part: Series['labels'], labels: Series['labels']): boolean =>
  Object.entries(part).every(([label, value]) => labels[label] === value)

const toKey = (name: string, labels: Series['labels']): string =>
  JSON.stringify([
    name,
    Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ])

/** What counted up between two texts, as `name{label=value}` with the difference. Times are left out: they differ each time. */
export function changes(before: string, after: string): Readonly<Record<string, number>> {
  const toAll = (text: string): ReadonlyMap<string, number> =>
    new Map(
      [...parseMetrics(text).values()]
        .flatMap(({ series }) => series)
        .filter(({ name }) => !/_(bucket|sum)$|_delay_/.test(name))
        .map(({ name, labels, value }) => [
          `${name}{${Object.entries(labels)
            .map(([label, one]) => `${label}=${one}`)
            .join(' ')}}`,
          value,
        ]),
    )
  const old = toAll(before)
  const different = [...toAll(after)].flatMap(([key, value]) => {
    const difference = value - (old.get(key) ?? 0)
    return difference === 0 ? [] : [[key, difference] as const]
  })
  return Object.fromEntries(different)
}
