import { createPreviewServer } from './preview/server.ts'
import { findWrongSource, type PreviewSources } from './preview/sources.ts'

/** What `views preview` takes. */
export interface PreviewOptions extends PreviewSources {
  /** The port to listen on; a free one where it is left out. */
  readonly port?: number
}

/** Serves the preview until it is told to end. Answers why it could not, if so. */
export async function runPreview({
  port = 0,
  ...sources
}: PreviewOptions): Promise<string | undefined> {
  const wrong = findWrongSource(sources)
  if (wrong !== undefined) return wrong
  const preview = createPreviewServer(sources)
  try {
    const origin = await preview.listen(port)
    console.log(`Preview of every page in every state, with reload on save:

  ${origin}/

Ctrl+C ends it.`)
  } catch (error) {
    preview.close()
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'EADDRINUSE' ? `port ${port} is in use` : message
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  preview.close()
  return undefined
}
