import { startRedis, waitUntil, withClient, type RedisServer } from './redis-server.ts'

/** A cluster of three primaries, none with a replica, that share the 16384 slots. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  /** Where the nodes are, as a client is told. */
  readonly addresses: { readonly host: string; readonly port: number }[]
  /** Moves a slot with its keys to the node with that index, while clients go on, as an operator does. */
  moveSlot(slot: number, toNodeIndex: number): Promise<void>
  /** The index of the node that has the slot, as that node itself and all others say. */
  ownerOf(slot: number): Promise<number>
  stop(): Promise<void>
}

const size = 3
const slots = 16_384
/** Small, so that a client meets a slot of which a part has moved. */
const keysAtOnce = 10
const migrateTimeout = '5000'

export interface ClusterOptions {
  /** Whether a node has its keys again after it was killed and restarted; @defaultValue false */
  readonly appendOnly?: boolean
  /** Whether all nodes refuse to answer while one is gone; @defaultValue true */
  readonly mustBeWhole?: boolean
}

/** Starts the nodes, joins them, and waits until each says that the cluster works. */
export async function startCluster({
  appendOnly = false,
  mustBeWhole = true,
}: ClusterOptions = {}): Promise<RedisCluster> {
  const coverage = ['--cluster-require-full-coverage', mustBeWhole ? 'yes' : 'no']
  const nodes = await Promise.all(
    Array.from({ length: size }, () =>
      startRedis({
        cluster: true,
        appendOnly,
        args: ['--cluster-node-timeout', '2000', ...coverage],
      }),
    ),
  )
  await join(nodes)
  await waitUntil('every node of the cluster is up and knows every slot', () => isWhole(nodes))
  return {
    nodes,
    addresses: nodes.map(({ host, port }) => ({ host, port })),
    moveSlot: (slot, toNodeIndex) => moveSlot(nodes, slot, toNodeIndex),
    ownerOf: (slot) => ownerOf(nodes, slot),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

const cluster = (node: RedisServer, ...args: readonly (string | number)[]): Promise<unknown> =>
  withClient(node, (client) => client.call('CLUSTER', ...args))

async function join(nodes: readonly RedisServer[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node, index) => {
      // Nodes that begin with the same epoch quarrel about it for a while.
      await cluster(node, 'SET-CONFIG-EPOCH', index + 1)
      const first = Math.floor((slots / size) * index)
      const last = Math.floor((slots / size) * (index + 1)) - 1
      await cluster(node, 'ADDSLOTSRANGE', first, last)
    }),
  )
  const busPorts = await Promise.all(nodes.map(busPortOf))
  for (const [index, node] of nodes.entries()) {
    for (const [earlier, { host, port }] of nodes.slice(0, index).entries()) {
      await cluster(node, 'MEET', host, port, busPorts[earlier] ?? '')
    }
  }
}

async function busPortOf(node: RedisServer): Promise<string> {
  const setting = await withClient(node, (client) => client.call('CONFIG', 'GET', 'cluster-port'))
  return (setting as readonly string[])[1] ?? ''
}

async function isWhole(nodes: readonly RedisServer[]): Promise<boolean> {
  const states = await Promise.all(
    nodes.map(async (node) => {
      const info = String(await cluster(node, 'INFO'))
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${size}`)
    }),
  )
  const maps = await Promise.all(nodes.map(rangesOf))
  const [map = []] = maps
  const covered = map.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  const agreed = maps.every((other) => JSON.stringify(other) === JSON.stringify(map))
  return states.every(Boolean) && agreed && covered === slots
}

interface Range {
  readonly first: number
  readonly last: number
  readonly port: number
}

/** What a node says about who has which slots. */
async function rangesOf(node: RedisServer): Promise<readonly Range[]> {
  const answer = await cluster(node, 'SLOTS')
  return (answer as readonly (readonly [number, number, readonly [string, number]])[])
    .map(([first, last, [, port]]) => ({ first, last, port }))
    .toSorted((one, other) => one.first - other.first)
}

async function ownerOf(nodes: readonly RedisServer[], slot: number): Promise<number> {
  const maps = await Promise.all(nodes.map(rangesOf))
  const ports = new Set(
    maps.map((map) => map.find(({ first, last }) => first <= slot && slot <= last)?.port),
  )
  const [port, ...others] = ports
  const index = nodes.findIndex((node) => node.port === port)
  if (others.length > 0 || index < 0) throw new Error(`the nodes disagree about slot ${slot}`)
  return index
}

async function moveSlot(
  nodes: readonly RedisServer[],
  slot: number,
  toNodeIndex: number,
): Promise<void> {
  const from = nodes[await ownerOf(nodes, slot)]
  const to = nodes[toNodeIndex]
  if (!from || !to) throw new Error(`the cluster has no node ${toNodeIndex}`)
  if (from === to) return
  const [fromId, toId] = await Promise.all([from, to].map((node) => cluster(node, 'MYID')))
  await cluster(to, 'SETSLOT', slot, 'IMPORTING', String(fromId))
  await cluster(from, 'SETSLOT', slot, 'MIGRATING', String(toId))
  await migrateKeys(from, to, slot)
  // The new owner first: until it knows, the old one would be believed again.
  for (const node of new Set([to, from, ...nodes])) {
    await cluster(node, 'SETSLOT', slot, 'NODE', String(toId))
  }
  await waitUntil(
    `every node says that slot ${slot} has moved`,
    async () => (await ownerOf(nodes, slot)) === toNodeIndex,
  )
}

async function migrateKeys(from: RedisServer, to: RedisServer, slot: number): Promise<void> {
  const target = [to.host, to.port, '', 0, migrateTimeout] as const
  await withClient(from, async (client) => {
    for (;;) {
      const keys = await client.call('CLUSTER', 'GETKEYSINSLOT', slot, keysAtOnce)
      if ((keys as readonly string[]).length === 0) return
      await client.call('MIGRATE', ...target, 'KEYS', ...(keys as readonly string[]))
    }
  })
}
