import { afterAll, afterEach } from 'vitest'
import { checkJson, saysJson } from './json-answers.ts'
import { keepWarnings, noteAnswer, searchLogs } from './searched-logs.ts'

// Runs before each test file. It puts the check of answers into `fetch`, and searches logs for secrets.

const checking: unique symbol = Symbol.for('answers with a JSON type are checked')
type Fetch = typeof globalThis.fetch
type Checking = Fetch & { readonly [checking]: Error[] }

function toChecking(original: Fetch): Checking {
  const failures: Error[] = []
  const checked: Fetch = async (input, init) => {
    const response = await original(input, init)
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase()
    const { status, headers, url } = response
    const answer = { status, method, url, header: (name: string) => headers.get(name) }
    noteAnswer((name) => toList(name, headers), '')
    if (!saysJson(answer)) return response
    // Nobody waits for it: a test may be about a body that never ends.
    void response
      .clone()
      .text()
      .then(
        (text) => {
          noteAnswer(() => [], text)
          return checkJson(answer, text)
        },
        () => undefined,
      )
      .catch((error: Error) => failures.push(error))
    return response
  }
  return Object.assign(checked, { [checking]: failures })
}

const toList = (name: string, headers: Headers): readonly string[] =>
  name === 'set-cookie' ? headers.getSetCookie() : [headers.get(name) ?? '']

// Test files share processes, and so they share this `fetch` and its failures.
const isChecking = (fetch: Fetch): fetch is Checking => checking in fetch
const { fetch: before } = globalThis
const checked = isChecking(before) ? before : toChecking(before)
globalThis.fetch = checked

afterEach(async () => {
  // The copy of a body is complete in the same turn as the body.
  await new Promise((resolve) => setImmediate(resolve))
  const [failure] = checked[checking].splice(0)
  if (failure !== undefined) throw failure
})

keepWarnings()
afterAll(searchLogs)
