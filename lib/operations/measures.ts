import { monitorEventLoopDelay } from 'node:perf_hooks'

// Plain numbers, which are read when somebody asks for metrics: counting must cost next to nothing.

/** A number with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  value: number
  /** If it differs from the name of the metric. */
  readonly metricName?: string
}

/** Numbers of events, by the values of their labels with a space between. */
export type Counts = ReadonlyMap<string, Sample>

export const createCounts = (all: readonly Sample['labels'][]): Counts =>
  new Map(all.map((labels) => [Object.values(labels).join(' '), { labels, value: 0 }]))

/** Counts an event. One that is not in the list counts as `other`, if that is in the list. */
export function count(counts: Counts, key: string): void {
  const sample = counts.get(key) ?? counts.get('other')
  if (sample) sample.value += 1
}

/** How long something takes, by the value of one label. */
export interface Times {
  /** Adds a value of the label. It returns what to call with the duration of each, in milliseconds. */
  readonly add: (value: string) => (duration: number) => void
  readonly read: () => readonly Sample[]
}

/** The upper bounds of times, in seconds. */
const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export function createTimes(name: string, label: string): Times {
  const all = new Map<string, { sum: number; readonly counts: number[] }>()
  return {
    add(value) {
      const times = all.get(value) ?? { sum: 0, counts: Array<number>(bounds.length + 1).fill(0) }
      all.set(value, times)
      return (duration) => {
        const seconds = duration / 1000
        let at = 0
        while (seconds > (bounds[at] ?? Infinity)) at += 1
        times.counts[at] = (times.counts[at] ?? 0) + 1
        times.sum += seconds
      }
    },
    read: () =>
      [...all].flatMap(([value, { sum, counts }]) => {
        const labels = { [label]: value }
        let total = 0
        const buckets = counts.map((each, at) => {
          total += each
          return {
            labels: { ...labels, le: bounds[at] ?? '+Inf' },
            value: total,
            metricName: `${name}_bucket`,
          }
        })
        return [
          ...buckets,
          { labels, value: sum, metricName: `${name}_sum` },
          { labels, value: total, metricName: `${name}_count` },
        ]
      }),
  }
}

/** How often the event loop is looked at, in milliseconds. */
const resolution = 10

/** The delay of the event loop, which is measured from `start` to `stop`. */
export interface DelayMonitor {
  /** Does nothing after `stop`. */
  readonly start: () => void
  readonly stop: () => void
  /** The delay since the last call, by percentile. */
  readonly read: () => readonly Sample[]
}

export function createDelayMonitor(): DelayMonitor {
  let monitor: ReturnType<typeof monitorEventLoopDelay> | undefined
  let isStopped = false
  return {
    start() {
      if (isStopped) return
      monitor ??= monitorEventLoopDelay({ resolution })
      monitor.enable()
    },
    stop() {
      isStopped = true
      monitor?.disable()
      monitor = undefined
    },
    read() {
      if (!monitor) return []
      const samples = [50, 90, 99, 100].map((percentile) => {
        // Each measurement has the time between two looks in it.
        const seconds = Number(monitor?.percentile(percentile)) / 1e9 - resolution / 1000
        return { labels: { percentile }, value: Math.max(0, seconds) }
      })
      monitor.reset()
      return samples
    },
  }
}
