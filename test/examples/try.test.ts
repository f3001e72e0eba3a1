import { expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { runCommand } from '../support/cli.ts'
import { startExample } from '../support/example.ts'
import { authorizationUrl, createPkce } from '../support/flow.ts'

test('the example has a client for pleo-oauth try, with the redirect URI that it has by itself', async () => {
  const { stdout: help } = await runCommand('try', '--help')
  const [redirectUri = ''] = /http:\/\/127\.0\.0\.1:\d+\/\w+/.exec(help) ?? []
  const example = await startExample()
  try {
    const client = { client_id: 'try', redirect_uris: [redirectUri] }
    const { challenge } = createPkce()
    const url = authorizationUrl(example.issuer, client, { code_challenge: challenge })
    const page = await createBrowser().go(url)
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('name="password"')])
  } finally {
    await example.close()
  }
})
