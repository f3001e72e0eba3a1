import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { waitUntil, withClient } from '../support/redis-server.ts'
import { readCompose, startCompose, type Machine } from './compose.ts'
import { blockOf, deployFolder } from './files.ts'
import { startRefreshes } from './refreshes.ts'

// examples/deploy/compose.yaml without containers: each command runs with an address of its own. The profile `single` is in
// nginx.test.ts.

const { services } = readCompose()

interface Linter {
  lintFiles(
    paths: readonly string[],
    isRecursive: boolean,
  ): readonly { readonly messages: readonly { readonly rule: string }[] }[]
}

test('it is what Compose understands', () => {
  // The types of the package do not pass the compiler of this repository.
  const { DCLinter } = createRequire(import.meta.url)('dclint') as {
    readonly DCLinter: new (options: object) => Linter
  }
  const linter = new DCLinter({ quiet: true, debug: false, exclude: [], rules: {} })
  const [{ messages } = { messages: undefined }] = linter.lintFiles(
    [`${deployFolder}/compose.yaml`],
    false,
  )
  expect(messages?.filter(({ rule }) => rule === 'invalid-schema')).toEqual([])
})

test('no service of ours can write to its image or gain rights', () => {
  for (const [name, service] of Object.entries(services)) {
    if (name === 'proxy') continue
    expect({ name, ...service }).toMatchObject({
      name,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
  }
})

test('only the proxy is reached from outside', () => {
  const open = Object.entries(services).filter(([, service]) => 'ports' in service)
  expect(open.map(([name]) => name)).toEqual(['proxy'])
})

describe('with Sentinels', () => {
  const composed = useRunning(() => startCompose('sentinel'))

  const roleOf = (name: string): Promise<unknown> =>
    withClient({ host: composed.addressOf(name), port: 6379 }, async (client) => {
      const [role] = (await client.role()) as [string]
      return role
    })

  test('if the primary dies, another one takes over, and the old one comes back as a replica', async () => {
    await waitUntil('a Sentinel knows all others', () =>
      withClient({ host: composed.addressOf('sentinel-1'), port: 26379 }, async (client) => {
        const [sentinels, replicas] = (await Promise.all([
          client.call('SENTINEL', 'SENTINELS', 'pleo'),
          client.call('SENTINEL', 'REPLICAS', 'pleo'),
        ])) as [readonly unknown[], readonly (readonly string[])[]]
        const isLinked = replicas.every((fields) => fields.includes('ok'))
        return sentinels.length === 2 && replicas.length === 2 && isLinked
      }),
    )
    const load = await startRefreshes(composed.issuer, composed.client, 4)
    await waitUntil('there is load', async () => load.count() > 50)
    await composed.kill('redis-1')
    const before = load.count()
    await waitUntil('it goes on', async () => load.count() > before + 100)
    expect(await load.stop()).toEqual([])
    expect(new Set(await Promise.all(['redis-2', 'redis-3'].map(roleOf)))).toEqual(
      new Set(['master', 'slave']),
    )
    await composed.revive('redis-1')
    await waitUntil('it is a replica', async () => (await roleOf('redis-1')) === 'slave')
  })
})

describe('with a Cluster', () => {
  const create = async ({ rewrite, addressOf }: Machine): Promise<void> => {
    const script = blockOf('sh', '--cluster create')
    const [, command = ''] = /exec node-1 (.*)$/s.exec(script.replaceAll('\\\n', ' ')) ?? []
    execFileSync('sh', ['-euc', rewrite(command)], { stdio: 'pipe', timeout: 60_000 })
    for (const node of ['node-1', 'node-2', 'node-3'])
      await waitUntil(`${node} knows the whole Cluster`, () =>
        withClient({ host: addressOf(node), port: 6379 }, async (client) =>
          String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
        ),
      )
  }
  const composed = useRunning(() => startCompose('cluster', create))

  test('the connections are spread over the nodes', async () => {
    const load = await startRefreshes(composed.issuer, composed.client)
    await waitUntil('there is load', async () => load.count() > 100)
    expect(await load.stop()).toEqual([])
    for (const node of ['node-1', 'node-2', 'node-3']) {
      const at = { host: composed.addressOf(node), port: 6379 }
      expect(await withClient(at, (client) => client.dbsize())).toBeGreaterThan(0)
    }
  })
})
