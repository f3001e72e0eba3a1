import { afterEach } from 'vitest'

// Every answer with a JSON type has to be JSON, whatever a test is about. This file runs before each test file, and puts
// the check into `fetch`; `send` has it as well.

const isJson = /^application\/([\w.-]+\+)?json\b/i

/** A fake server sets this header if its answer is broken on purpose. */
export const brokenOnPurpose = 'x-broken-on-purpose'

interface CheckedAnswer {
  readonly status: number
  readonly method: string
  readonly url: string
  readonly header: (name: string) => string | null | undefined
}

function saysJson({ status, method, header }: CheckedAnswer): boolean {
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

type Fetch = typeof globalThis.fetch
const checking = Symbol.for('answers with a JSON type are checked')
const failures: Error[] = []

function toChecking(original: Fetch): Fetch {
  const checked: Fetch = async (input, init) => {
    const response = await original(input, init)
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase()
    const { status, headers, url } = response
    const answer = { status, method, url, header: (name: string) => headers.get(name) }
    if (!saysJson(answer)) return response
    // Nobody waits for it: a test may be about a body that never ends.
    void response
      .clone()
      .text()
      .then(
        (text) => checkJson(answer, text),
        () => undefined,
      )
      .catch((error: Error) => failures.push(error))
    return response
  }
  return Object.assign(checked, { [checking]: true })
}

// Test files share processes.
if (!(checking in globalThis.fetch)) globalThis.fetch = toChecking(globalThis.fetch)

afterEach(async () => {
  // The copy of a body is complete in the same turn as the body.
  await new Promise((resolve) => setImmediate(resolve))
  const [failure] = failures.splice(0)
  if (failure !== undefined) throw failure
})
