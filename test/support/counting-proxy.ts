import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A proxy before a Redis, that makes the way longer and counts what goes over it. */
export interface CountingProxy {
  readonly host: '127.0.0.1'
  readonly port: number
  /**
   * How many round trips one after the other there were, over all connections. The first data of a
   * client begins one; data that comes after an answer was delivered begins the next.
   */
  waves(): number
  /** How many commands clients have sent to their end. */
  commands(): number
  /** Counts from zero again. */
  reset(): void
  /** Destroys every connection, with what is on its way; new ones are let in. */
  cut(): void
  stop(): Promise<void>
}

/**
 * Starts a proxy on a free port. Everything arrives `delay` milliseconds later, in each direction;
 * without a delay as soon as it can.
 */
export async function startCountingProxy(
  target: { readonly host: string; readonly port: number },
  { delay }: { readonly delay: number },
): Promise<CountingProxy> {
  const host = '127.0.0.1'
  const sockets = new Set<Socket>()
  const counter = createCounter()
  // Timers of the same length fire in the order in which they were set.
  const later = (act: () => void): void => void (delay > 0 ? setTimeout(act, delay) : act())

  function pass(from: Socket, to: Socket, seen: (chunk: Buffer) => void, sent: () => void): void {
    sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (chunk: Buffer) => {
      seen(chunk)
      later(() => {
        if (to.destroyed) return
        to.write(chunk)
        sent()
      })
    })
    // What failed is closed as well, and that is passed on.
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      later(() => to.destroySoon())
    })
  }

  const server = createServer((client) => {
    const upstream = connect(target.port, target.host)
    const countCommands = createCommandParser(counter.command)
    const fromClient = (chunk: Buffer): void => {
      counter.request()
      countCommands(chunk)
    }
    pass(client, upstream, fromClient, () => {})
    pass(upstream, client, () => {}, counter.answer)
  })
  const cut = (): void => sockets.forEach((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  return {
    host,
    port: (server.address() as AddressInfo).port,
    waves: counter.waves,
    commands: counter.commands,
    reset: counter.reset,
    cut,
    stop: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function createCounter() {
  let waves = 0
  let commands = 0
  let answered = true
  return {
    request: () => {
      if (answered) waves += 1
      answered = false
    },
    answer: () => void (answered = true),
    command: () => void (commands += 1),
    waves: () => waves,
    commands: () => commands,
    reset: () => {
      waves = 0
      commands = 0
      answered = true
    },
  }
}

/** Calls back for each array of bulk strings (RESP) that is complete, however it comes in pieces. */
function createCommandParser(onCommand: () => void): (chunk: Buffer) => void {
  const lineEnd = '\r\n'
  let rest: Buffer = Buffer.alloc(0)
  let missing = 0
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const end = rest.indexOf(lineEnd)
      if (end < 0) return
      const isArray = rest.toString('latin1', 0, 1) === '*'
      const length = Number(rest.toString('latin1', 1, end))
      const next = end + lineEnd.length + (isArray ? 0 : length + lineEnd.length)
      if (next > rest.length) return
      rest = rest.subarray(next)
      missing = isArray ? length : missing - 1
      if (missing === 0) onCommand()
    }
  }
}
