import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A proxy before a Redis, for a fault at one exact command. Commands of all connections count. */
export interface FaultyProxy {
  readonly host: '127.0.0.1'
  readonly port: number
  /** How many commands came since the last call of `passAll` or of what sets a fault. */
  commands(): number
  /** Falls silent before the command that comes after so many others: it is not delivered, and nothing is after it. */
  silentBefore(commands: number): void
  /** Falls silent once that command is delivered: Redis does it, and nobody hears of it. */
  silentAfter(commands: number): void
  /** Cuts, once, the connection of that command, when Redis has done it and before anybody hears of it. */
  cutAfter(commands: number): void
  /** The same, and is silent from then on, for so many milliseconds. */
  goneAfter(commands: number, milliseconds: number): void
  /** Delivers, late, all that was kept back, and everything from now on. */
  passAll(): void
  stop(): Promise<void>
}

interface Fault {
  readonly kind: 'silent before' | 'silent after' | 'cut after' | 'gone after'
  readonly commands: number
  readonly milliseconds?: number
}

/** One connection of a client. */
interface Link {
  readonly client: Socket
  readonly upstream: Socket
  /** What is kept back, in each direction. */
  readonly kept: { commands: Buffer[]; answers: Buffer[] }
  /** Whether the next answer ends it. */
  isDoomed: boolean
}

/**
 * Starts a proxy on a free port.
 *
 * @param uncounted - what is in commands that come whenever they like, and never are the one that is meant
 */
export async function startFaultyProxy(
  target: { readonly host: string; readonly port: number },
  uncounted?: string,
): Promise<FaultyProxy> {
  const host = '127.0.0.1'
  const links = new Set<Link>()
  let fault: Fault | undefined
  let commands = 0
  let isSilent = false

  const begin = (next: Fault | undefined): void => {
    fault = next
    commands = 0
  }
  const onCommand = (link: Link, command: Buffer): void => {
    const counts = uncounted === undefined || !command.includes(uncounted)
    const isMeant = counts && fault?.commands === commands
    if (counts) commands += 1
    if (isMeant && fault?.kind === 'silent before') isSilent = true
    if (isSilent) link.kept.commands.push(command)
    else link.upstream.write(command)
    if (!isMeant) return
    isSilent ||= fault?.kind === 'silent after'
    link.isDoomed = fault?.kind === 'cut after' || fault?.kind === 'gone after'
  }
  const onAnswer = (link: Link, answer: Buffer): void => {
    if (link.isDoomed) {
      end(link)
      if (fault?.kind !== 'gone after') return
      isSilent = true
      setTimeout(pass, fault.milliseconds)
    } else if (isSilent) link.kept.answers.push(answer)
    else link.client.write(answer)
  }
  const pass = (): void => {
    isSilent = false
    links.forEach((link) => deliver(link))
  }
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host)
    const link: Link = { client, upstream, kept: { commands: [], answers: [] }, isDoomed: false }
    links.add(link)
    client.on(
      'data',
      createSplitter((command) => onCommand(link, command)),
    )
    upstream.on('data', (answer) => onAnswer(link, answer))
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      // What failed is closed as well.
      socket.on('error', () => {})
    }
    // What is kept back is on its way, and arrives although its sender has left.
    client.on('close', () => link.kept.commands.length === 0 && end(link))
    upstream.on('close', () => {
      end(link)
      links.delete(link)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  return {
    host,
    port: (server.address() as AddressInfo).port,
    commands: () => commands,
    silentBefore: (count) => begin({ kind: 'silent before', commands: count }),
    silentAfter: (count) => begin({ kind: 'silent after', commands: count }),
    cutAfter: (count) => begin({ kind: 'cut after', commands: count }),
    goneAfter: (count, milliseconds) =>
      begin({ kind: 'gone after', commands: count, milliseconds }),
    passAll: () => {
      begin(undefined)
      pass()
    },
    stop: async () => {
      links.forEach((link) => end(link))
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function deliver({ client, upstream, kept }: Link): void {
  for (const command of kept.commands.splice(0)) upstream.write(command)
  for (const answer of kept.answers.splice(0)) client.write(answer)
  if (client.destroyed) upstream.end()
}

function end({ client, upstream }: Link): void {
  client.destroy()
  upstream.destroy()
}

/** Calls back with each array of bulk strings (RESP), whole, however it comes in pieces. */
function createSplitter(onCommand: (command: Buffer) => void): (chunk: Buffer) => void {
  const lineEnd = '\r\n'
  let rest: Buffer = Buffer.alloc(0)
  let length = 0
  let missing = 0
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const lineLength = rest.indexOf(lineEnd, length)
      if (lineLength < 0) return
      const isArray = rest.toString('latin1', length, length + 1) === '*'
      const count = Number(rest.toString('latin1', length + 1, lineLength))
      const next = lineLength + lineEnd.length + (isArray ? 0 : count + lineEnd.length)
      if (next > rest.length) return
      missing = isArray ? count : missing - 1
      length = next
      if (missing > 0) continue
      onCommand(rest.subarray(0, length))
      rest = rest.subarray(length)
      length = 0
    }
  }
}
