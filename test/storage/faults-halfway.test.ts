import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { endConnections, everyRequest, storeClients, type Kind } from '../support/every-request.ts'
import { startFaultyProxy, type FaultyProxy } from '../support/faulty-proxy.ts'
import {
  flawsOf,
  isToldToStartAgain,
  prepare,
  retry,
  startOutageServer,
  timed,
  type OutageServer,
  type Timed,
} from '../support/outage.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'

// A fault that comes in the middle of a request: before or after its first command, its second, and so on.

const redis = useRedis()

interface World {
  readonly proxy: FaultyProxy
  readonly server: OutageServer
}

/** No request has so many commands. */
const mostCommands = 40

interface Met {
  readonly flaws: readonly string[]
  /** Whether the request had so many commands that it met the fault. */
  readonly isMet: boolean
}

type Meet = (world: World, commands: number) => Promise<Met>

/** Puts the fault before each command of a request in turn, as many as it has. */
async function atEachCommand(meet: Meet): Promise<readonly string[]> {
  const proxy = await startFaultyProxy(redis)
  // Nothing that another kind of request leaves behind makes this one longer.
  const server = await startOutageServer(proxy.port, { keyPrefix: `${randomUUID()}:` })
  const wrong: string[] = []
  let commands = 0
  for (; commands < mostCommands; commands += 1) {
    const { flaws, isMet } = await meet({ proxy, server }, commands)
    wrong.push(...flaws.map((flaw) => `at command ${commands}: ${flaw}`))
    if (!isMet) break
  }
  expect(commands).toBeGreaterThan(0)
  expect(commands).toBeLessThan(mostCommands)
  await server.stop()
  await proxy.stop()
  return wrong
}

/**
 * Does it for every kind of request, several at the same time, each on a connection of its own. Not so many that the servers, which
 * all start in this process, keep the first requests waiting for longer than a storage may take.
 */
async function ofEveryRequest(
  toMeet: (kind: Kind) => Meet,
  atOnce = 10,
): Promise<readonly string[]> {
  const kinds = everyRequest.values()
  const wrong: string[] = []
  const worker = async (): Promise<void> => {
    for (const kind of kinds) wrong.push(...(await atEachCommand(toMeet(kind))))
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return wrong
}

/** Has the fault hit the request, and answers what came of it. */
async function ask(
  kind: Kind,
  { server }: World,
  begin: () => void,
): Promise<Timed & { readonly isAnswered: boolean; readonly flaws: readonly string[] }> {
  await storeClients(server.storage)
  await endConnections(server.storage)
  const question = await prepare(kind, server.issuer)
  // A client that was changed is read again.
  await storeClients(server.storage)
  await pause(20)
  begin()
  const answer = await timed(question)
  const isAnswered = question.isAnswer(answer.reply)
  return { ...answer, isAnswered, flaws: isAnswered ? [] : flawsOf(answer, redis.port) }
}

test('the connection falls silent: each answer comes within 2 s, and what was not done can be done', async () => {
  const wrong = await ofEveryRequest((kind) => async (world, commands) => {
    const { proxy } = world
    const { question, isAnswered, flaws } = await ask(kind, world, () =>
      proxy.silentBefore(commands),
    )
    const isMet = proxy.commands() > commands
    // What was kept back arrives now that nobody waits for it any more.
    proxy.passAll()
    const later = isAnswered ? [] : await retry(question)
    return { flaws: [...flaws, ...later.filter((flaw) => !isToldToStartAgain(flaw))], isMet }
  })
  expect(wrong).toEqual([])
})

test('the answer is lost with its connection: the command is sent again, and counts once', async () => {
  const toMeet =
    (kind: Kind): Meet =>
    async (world, commands) => {
      const { proxy } = world
      const { reply, isAnswered } = await ask(kind, world, () => proxy.cutAfter(commands))
      const isMet = proxy.commands() > commands
      proxy.passAll()
      return { flaws: isAnswered ? [] : [`${kind.name}: ${reply.status} ${reply.text}`], isMet }
    }
  // Not so many that connecting again takes too long.
  expect(await ofEveryRequest(toMeet, 4)).toEqual([])
})

test.each([
  {
    what: 'nobody hears of what was done',
    begin: (proxy: FaultyProxy, commands: number) => proxy.silentAfter(commands),
  },
  {
    // What is sent again then comes too late and is refused, but what was sent first was done.
    what: 'nobody hears of what was done, and the connection comes back late',
    begin: (proxy: FaultyProxy, commands: number) => proxy.goneAfter(commands, 500),
  },
])('$what: it can be done again, and counts once', async ({ begin }) => {
  const wrong = await ofEveryRequest((kind) => async (world, commands) => {
    const { proxy } = world
    const { question, isAnswered, flaws } = await ask(kind, world, () => begin(proxy, commands))
    const isMet = proxy.commands() > commands
    proxy.passAll()
    const later = isAnswered ? [] : await retry(question)
    return { flaws: [...flaws, ...later.filter((flaw) => !isToldToStartAgain(flaw))], isMet }
  })
  expect(wrong).toEqual([])
})
