import type { Page } from 'playwright-core'

/**
 * Answers for a client that is not on this machine, and waits until the page is there. What a redirect
 * leads to can only be answered at this depth; `page.route` hears of the first request of a chain alone.
 */
export async function landAt(
  page: Page,
  origin: string,
): Promise<{ readonly landed: Promise<URL> }> {
  const session = await page.context().newCDPSession(page)
  const asked = new Promise<URL>((resolve, reject) => {
    session.on('Fetch.requestPaused', ({ requestId, request }) => {
      session
        .send('Fetch.fulfillRequest', {
          requestId,
          responseCode: 200,
          responseHeaders: [{ name: 'content-type', value: 'text/html' }],
          body: Buffer.from('<!doctype html><title>landed</title>landed').toString('base64'),
        })
        .then(() => resolve(new URL(request.url)), reject)
    })
  })
  const landed = asked.then(async (url) => {
    await page.getByText('landed').waitFor()
    return url
  })
  await session.send('Fetch.enable', { patterns: [{ urlPattern: `${origin}/*` }] })
  return { landed }
}
