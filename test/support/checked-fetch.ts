import { afterEach } from 'vitest'
import { checkJson, saysJson } from './json-answers.ts'

// Runs before each test file, and puts the check of answers into `fetch`.

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
