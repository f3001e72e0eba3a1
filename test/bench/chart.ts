import type { Report, ServerReport, WorkReport } from './report.ts'
import type { ServerName } from './server-process.ts'

const colours: Readonly<Record<ServerName, string>> = {
  ours: '#1f6f5c',
  pair: '#4a8f9c',
  bare: '#8a8f98',
  thin: '#c98a2b',
  compared: '#7fb8a8',
  grown: '#7fb8a8',
}

const labels: Readonly<Record<ServerName, string>> = {
  ours: 'pleo-oauth-server',
  pair: 'the same in two processes',
  bare: 'oidc-provider',
  thin: '@node-oauth/oauth2-server',
  compared: 'the other checkout',
  grown: 'with many grants',
}

const width = 900
const left = 220
const barWidth = 480
const barHeight = 20
const gap = 6
const heading = 34

/** The rates of all works as an SVG: a bar for each server, its spread, and the rate to reach. */
export function toChart({ works, made, node, processors, rounds, seconds }: Report): string {
  let y = 64
  const panels = works.map((work) => {
    const top = y
    y += heading + work.servers.length * (barHeight + gap) + 18
    return toPanel(work, top)
  })
  const note = `${made.slice(0, 10)}, Node ${node}, ${processors}, ${rounds} rounds of ${seconds} s`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 34}" width="${width}" height="${y + 34}" font-family="system-ui, sans-serif" font-size="13" fill="#22262b">
<rect width="100%" height="100%" fill="#fff"/>
<text x="20" y="30" font-size="18" font-weight="600">How often each server does it in a second, on Redis</text>
<text x="20" y="50" fill="#5b626b">Bars are medians, thin lines go from the slowest to the fastest round. 1× is the rate of oidc-provider.</text>
${panels.join('\n')}
<text x="20" y="${y + 16}" fill="#5b626b">${escape(note)}</text>
</svg>
`
}

function toPanel({ work, reach, servers }: WorkReport, top: number): string {
  const bare = servers.find(({ server }) => server === 'bare')?.figures.rate.median
  const target = bare === undefined ? undefined : bare * reach
  const most = Math.max(target ?? 0, ...servers.map(({ figures }) => figures.rate.high))
  const toX = (rate: number): number => left + (rate / most) * barWidth
  const bars = servers.map((server, index) =>
    toBar(server, top + heading + index * (barHeight + gap), toX, bare),
  )
  const bottom = top + heading + servers.length * (barHeight + gap)
  const line =
    target === undefined
      ? ''
      : `<line x1="${at(toX(target))}" x2="${at(toX(target))}" y1="${top + heading - 6}" y2="${bottom}" stroke="#b3261e" stroke-width="1.5" stroke-dasharray="4 3"/>
<text x="${at(toX(target))}" y="${top + heading - 10}" text-anchor="middle" fill="#b3261e" font-size="11">to reach: ${reach}×</text>`
  return `<text x="20" y="${top + 18}" font-size="15" font-weight="600">${escape(work)}</text>\n${bars.join('\n')}\n${line}`
}

function toBar(
  { server, figures: { rate } }: ServerReport,
  y: number,
  toX: (rate: number) => number,
  bare: number | undefined,
): string {
  const middle = y + barHeight / 2
  const times = bare === undefined ? '' : ` (${(rate.median / bare).toFixed(2)}×)`
  return `<text x="${left - 10}" y="${middle + 4}" text-anchor="end">${escape(labels[server])}</text>
<rect x="${left}" y="${y}" width="${at(toX(rate.median) - left)}" height="${barHeight}" rx="2" fill="${colours[server]}"/>
<line x1="${at(toX(rate.low))}" x2="${at(toX(rate.high))}" y1="${middle}" y2="${middle}" stroke="#22262b"/>
<text x="${left + barWidth + 16}" y="${middle + 4}">${rate.median.toFixed(0)}${times}</text>`
}

const at = (value: number): string => value.toFixed(1)

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
