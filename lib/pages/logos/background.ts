/** Runs a task later, unless the client has one already that is not done. */
export type InBackground = (clientId: string, task: () => Promise<void>) => void

/** How many tasks run at once, and how many more wait. */
const places = 4
const maxWaiting = 1000

/**
 * Creates a queue in which each client has one place: a client whose host is slow delays none but itself. A task that finds no
 * place is dropped.
 */
export function createBackground(): InBackground {
  const clients = new Set<string>()
  const waiting: (() => void)[] = []
  let free = places
  const run = async (clientId: string, task: () => Promise<void>): Promise<void> => {
    try {
      await task()
    } finally {
      clients.delete(clientId)
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
  return (clientId, task) => {
    if (clients.has(clientId) || waiting.length >= maxWaiting) return
    clients.add(clientId)
    if (free === 0) {
      waiting.push(() => void run(clientId, task))
      return
    }
    free -= 1
    void run(clientId, task)
  }
}
