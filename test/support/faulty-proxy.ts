import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A proxy before a Redis, for faults at one exact command. Commands are counted over all connections. */
export interface FaultyProxy {
  readonly host: '127.0.0.1'
  readonly port: number
  /** How many commands were let through since the last call of another method here. */
  commands(): number
  /** Lets so many more commands through, and answers. All others are kept back, and connections stay open. */
  holdAfter(commands: number): void
  /** Lets so many more commands through, and only the answers that come before the last one's. */
  holdAnswersAfter(commands: number): void
  /** Cuts the connection of the command that comes after so many others, when Redis has done it, unanswered. */
  cutAfter(commands: number): void
  /** Delivers what was kept back, late, and everything that comes from now on. */
  release(): void
  /** Forgets what was kept back, with its connections, and lets everything through that comes from now on. */
  reset(): void
  stop(): Promise<void>
}

type Mode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'hold' | 'hold answers' | 'cut'; readonly after: number }

/** Starts a proxy on a free port. */
export async function startFaultyProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<FaultyProxy> {
  const host = '127.0.0.1'
  const links = new Set<Link>()
  let mode: Mode = { kind: 'pass' }
  let commands = 0
  const set = (next: Mode): void => {
    mode = next
    commands = 0
  }
  /** What becomes of a command, and of its answer. */
  const decide = (): Decision => {
    const isLast = mode.kind !== 'pass' && commands === mode.after
    const isOver = mode.kind !== 'pass' && commands > mode.after
    if (mode.kind === 'hold' && (isLast || isOver)) return 'hold'
    commands += 1
    if (mode.kind === 'cut' && isLast) return 'cut'
    return mode.kind === 'hold answers' && isLast ? 'hold answers' : 'pass'
  }
  const server = createServer((client) => {
    const link = createLink(client, connect(target.port, target.host), decide)
    links.add(link)
    client.on('close', () => links.delete(link))
  })
  const cut = (): void => links.forEach((link) => link.end())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  return {
    host,
    port: (server.address() as AddressInfo).port,
    commands: () => commands,
    holdAfter: (after) => set({ kind: 'hold', after }),
    holdAnswersAfter: (after) => set({ kind: 'hold answers', after: after - 1 }),
    cutAfter: (after) => set({ kind: 'cut', after }),
    release: () => {
      set({ kind: 'pass' })
      links.forEach((link) => link.release())
    },
    reset: () => {
      cut()
      set({ kind: 'pass' })
    },
    stop: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
