import type { Page } from 'playwright-core'

/**
 * Answers for a client that is not on this machine: the first request of the page to its origin. What a redirect
 * leads to can only be answered at this depth; `page.route` hears of the first request of a chain alone.
 */
export async function landAt(
  page: Page,
  origin: string,
): Promise<{ readonly landed: Promise<URL> }> {
  const session = await page.context().newCDPSession(page)
  const landed = new Promise<URL>((resolve, reject) => {
    session.on('Fetch.requestPaused', ({ requestId, request }) => {
      resolve(new URL(request.url))
      session
        .send('Fetch.fulfillRequest', {
          requestId,
          responseCode: 200,
          responseHeaders: [{ name: 'content-type', value: 'text/html' }],
          body: Buffer.from('<!doctype html><title>landed</title>landed').toString('base64'),
        })
        .catch(reject)
    })
  })
  await session.send('Fetch.enable', { patterns: [{ urlPattern: `${origin}/*` }] })
  return { landed }
}
