import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endAfterTest } from '../support/fixtures.ts'
import { createFolder } from '../support/folder.ts'
import { freePorts } from '../support/free-ports.ts'
import { startRedis, waitUntil } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { startNginx } from './nginx.ts'
import { objects, startPod, startService, type Pod } from './pods.ts'
import { startRefreshes } from './refreshes.ts'
import { makeSecrets, registerClient } from './registered.ts'

// examples/deploy/kubernetes.yaml without a cluster: real processes, probed, stopped and found as the file says.

const root = join(import.meta.dirname, '../..')
const groups = { Deployment: 'apps/v1', Service: 'v1', PodDisruptionBudget: 'policy/v1' }

test('it has the members that Kubernetes knows, and no others', () => {
  const lines = objects.map(({ kind, ...members }) => {
    const group = groups[kind as keyof typeof groups]
    const types = join(root, `node_modules/kubernetes-models/${group}/${kind}.js`)
    const object = JSON.stringify({ kind, ...members })
    return `export const a${kind}: import(${JSON.stringify(types)}).I${kind} = ${object}`
  })
  const folder = createFolder({ 'objects.ts': lines.join('\n') })
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--ignoreConfig',
  ]
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [compiler, ...options, 'objects.ts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})

describe('a rolling update', () => {
  test('two pods are replaced under full load: no refresh fails, and no pod is started again', async () => {
    const redis = endAfterTest(await startRedis())
    const secrets = makeSecrets(redis.url)
    const client = registerClient(secrets)
    const service = endAfterTest(await startService())
    const [tls, plain] = await freePorts()
    const { issuer } = endAfterTest(
      await startNginx({
        address: '127.0.0.1',
        ports: { tls, plain },
        // As an Ingress that sends nothing again has it.
        rewrite: (text) =>
          text
            .replaceAll(/server-\d:3000/g, `127.0.0.1:${service.port}`)
            .replaceAll(/keepalive 32;|keepalive_timeout 60s;| non_idempotent/g, ''),
      }),
    )
    const add = async (): Promise<Pod> => {
      const pod = await startPod(secrets, issuer)
      onTestFinished(() => void pod.end())
      service.pods.add(pod)
      await waitUntil('the pod is ready', async () => pod.isReady())
      return pod
    }
    const first = await Promise.all([add(), add()])
    const load = await startRefreshes(issuer, client)
    const ends: Promise<number | null>[] = []
    for (const pod of first) {
      // One more, and then one less, as maxSurge and maxUnavailable say. The next one does not wait until this one is gone.
      await add()
      ends.push(pod.end())
      // The proxies of the service hear of it later.
      await pause(2000)
      service.pods.delete(pod)
    }
    expect(await Promise.all(ends)).toEqual([0, 0])
    const before = load.count()
    await waitUntil('it goes on', async () => load.count() > before + 100)
    expect(await load.stop()).toEqual([])
    expect([...first, ...service.pods].map((pod) => pod.restarts())).toEqual([0, 0, 0, 0])
  })

  test('without Redis, a pod takes no requests and is not started again', async () => {
    const redis = endAfterTest(await startRedis())
    const pod = await startPod(makeSecrets(redis.url), 'https://auth.example.com')
    onTestFinished(() => void pod.end())
    await waitUntil('the pod is ready', async () => pod.isReady())
    await redis.kill()
    await waitUntil('the pod is not ready', async () => !pod.isReady())
    await redis.restart()
    await waitUntil('the pod is ready again', async () => pod.isReady())
    expect(pod.restarts()).toBe(0)
  })
})
