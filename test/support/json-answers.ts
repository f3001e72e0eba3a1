// Every answer with a JSON type has to be JSON, whatever a test is about. `fetch` and `send` check it.

const isJson = /^application\/([\w.-]+\+)?json\b/i

/** A fake server sets this header if its answer is broken on purpose. */
export const brokenOnPurpose = 'x-broken-on-purpose'

/** An answer, as far as it says what it is. */
interface CheckedAnswer {
  readonly status: number
  readonly method: string
  readonly url: string
  readonly header: (name: string) => string | null | undefined
}

/** Whether an answer says that it is JSON. */
export function saysJson({ status, method, header }: CheckedAnswer): boolean {
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304
  return hasBody && isJson.test(header('content-type') ?? '') && !header(brokenOnPurpose)
}

/** Throws if an answer says that it is JSON and is not. */
export function checkJson(answer: CheckedAnswer, text: string): void {
  if (!saysJson(answer)) return
  const { status, method, url } = answer
  try {
    JSON.parse(text)
  } catch {
    throw new Error(`${method} ${url} answered ${status} with a JSON type and ${text || 'nothing'}`)
  }
}
