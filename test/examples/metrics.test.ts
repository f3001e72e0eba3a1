import { expect, test } from 'vitest'
import { startExample } from '../support/example.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { parseMetrics } from '../support/prometheus.ts'
import { send } from '../support/requests.ts'

// The metrics of the example: on a port of their own, if somebody asks for them.

test('METRICS_PORT serves the metrics there, and there alone', async () => {
  const example = endAfterTest(await startExample({ METRICS_PORT: '0' }))
  const url = /^Metrics +(\S+\/metrics)$/m.exec(example.output)?.[1] ?? ''
  await send(`${example.issuer}/oauth/jwks`)
  const { status, text } = await send(url)
  expect(status).toBe(200)
  const requests = parseMetrics(text).get('pleo_oauth_requests_total')?.series ?? []
  expect(requests.filter(({ value }) => value > 0)).toMatchObject([
    { labels: { route: '/oauth/jwks', outcome: 'ok' }, value: 1 },
  ])
  expect((await send(`${new URL(url).origin}/oauth/jwks`)).status).toBe(404)
  for (const origin of [example.issuer, example.api, example.app]) {
    expect((await send(`${origin}/metrics`)).text).not.toContain('pleo_oauth_')
  }
})

test('without it, no metrics are served', async () => {
  const example = endAfterTest(await startExample())
  expect(example.output).not.toContain('Metrics')
  expect((await send(`${example.issuer}/metrics`)).status).toBe(404)
})
