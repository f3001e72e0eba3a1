import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The bytes of the heap that are in use after a whole garbage collection. */
export function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
