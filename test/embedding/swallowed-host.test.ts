import { createServer, type RequestListener } from 'node:http'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ConfigurationError, type AuthorizationServer } from '../../lib/index.ts'
import { useEmbedders } from '../support/embedders.ts'
import { closeServer, listen, openServer } from '../support/server.ts'

// A host of Express that gives the authorization server more than its own requests.

const { codes } = useEmbedders()

interface Mounted {
  readonly issuer: string
  readonly found: () => Promise<readonly string[]>
}

/** Starts a host of Express with one page of its own, behind the authorization server. */
async function start(
  use: (app: express.Express, server: AuthorizationServer) => void,
  path = '',
): Promise<Mounted> {
  let handle: RequestListener = () => undefined
  const http = createServer((request, response) => handle(request, response))
  const issuer = (await listen(http)) + path
  onTestFinished(() => closeServer(http))
  const server = await openServer({ issuer })
  const app = express().disable('x-powered-by')
  use(app, server)
  app.get('/invoices', (_request, response) => void response.send('the invoices'))
  handle = (request, response) => void app(request, response)
  const found = async (): Promise<readonly string[]> => {
    const error: unknown = await server.checkMounting().catch((reason: unknown) => reason)
    return error instanceof ConfigurationError ? error.issues.map(({ code }) => code) : []
  }
  return { issuer, found }
}

describe('11. the host gives it all requests', () => {
  test('the answer and a warning say so at the first one', async () => {
    const { issuer, found } = await start((app, { app: own }) => app.use(own.callback()))
    expect(await codes()).toEqual([])
    for (const path of ['/invoices', '/']) {
      const answer = await fetch(issuer + path)
      expect(answer.status).toBe(404)
      expect(await answer.text()).toContain('docs/embedding.md')
    }
    expect(await codes()).toEqual(['host_swallowed'])
    expect(await found()).toEqual(['host_swallowed'])
    expect((await fetch(`${issuer}/oauth/jwks`)).status).toBe(200)
  })
})

describe('nothing is said', () => {
  test.each(['/oauth', '/oauth/nothing', '/OAuth/jwks/nothing', '/.well-known/nothing'])(
    'if the host gives it what is below its own paths, and %s is not there',
    async (path) => {
      const { issuer, found } = await start((app, { app: own }) =>
        app.use(['/oauth', '/.well-known'], own.callback()),
      )
      expect((await fetch(issuer + path)).status).toBe(404)
      expect(await (await fetch(`${issuer}/invoices`)).text()).toBe('the invoices')
      expect([await found(), await codes()]).toEqual([[], []])
    },
  )

  test('if the host gives it what is below the path of the issuer', async () => {
    const { issuer } = await start(
      (app, { app: own }) => app.use(['/auth', '/.well-known'], own.callback()),
      '/auth',
    )
    expect((await fetch(`${issuer}/oauth/jwks`)).status).toBe(200)
    expect(await (await fetch(`${issuer}/nothing`)).text()).toBe('Not Found')
    expect(await codes()).toEqual([])
  })

  test('if it is alone', async () => {
    const server = await openServer()
    expect(await (await fetch(`${server.issuer}/invoices`)).text()).toBe('Not Found')
    await server.checkMounting()
    expect(await codes()).toEqual([])
  })
})
