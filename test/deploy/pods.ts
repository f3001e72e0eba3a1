import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { parseAllDocuments } from 'yaml'
import { freePorts } from '../support/free-ports.ts'
import { send } from '../support/requests.ts'
import { startDeployed, type Deployed } from './deployed.ts'
import { readDockerfile } from './dockerfile.ts'
import { readExample } from './files.ts'
import type { Secrets } from './registered.ts'

interface Probe {
  readonly httpGet: { readonly path: string }
  readonly periodSeconds: number
  readonly timeoutSeconds?: number
  readonly failureThreshold: number
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number
  readonly containers: readonly [
    {
      readonly env: readonly { readonly name: string; readonly value: string }[]
      readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: string[] } } }
      readonly startupProbe: Probe
      readonly readinessProbe: Probe
      readonly livenessProbe: Probe
      readonly volumeMounts: readonly [{ readonly mountPath: string }]
    },
  ]
}

interface KubernetesObject {
  readonly kind: string
  readonly spec: { readonly template: { readonly spec: PodSpec } }
}

/** The objects of kubernetes.yaml. */
export const objects: readonly KubernetesObject[] = parseAllDocuments(
  readExample('kubernetes.yaml'),
).map((one) => one.toJS() as KubernetesObject)

const [deployment] = objects
if (deployment?.kind !== 'Deployment') throw new Error('kubernetes.yaml begins with no Deployment')
export const podSpec: PodSpec = deployment.spec.template.spec

/** A pod as its node runs it: probes, `preStop`, SIGTERM, and SIGKILL when its time is over. */
export interface Pod {
  readonly port: number
  readonly isReady: () => boolean
  /** How often it would have been started again. */
  readonly restarts: () => number
  /** Resolves when it is gone, to the exit code of its process. */
  end(): Promise<number | null>
}

/** Connections to the service go to one ready pod after the other, and stay with it. */
export interface Service {
  readonly port: number
  readonly pods: Set<Pod>
  close(): void
}

const isGood = async (port: number, { httpGet, timeoutSeconds = 1 }: Probe): Promise<boolean> => {
  const answer = send(`http://127.0.0.1:${port}${httpGet.path}`).then(({ status }) => status < 400)
  return Promise.race([answer.catch(() => false), pause(timeoutSeconds * 1000, false)])
}

/** Asks again and again, until somebody aborts. Calls back if the answer has been the other one for long enough. */
async function watch(
  port: number,
  probe: Probe,
  signal: AbortSignal,
  tell: (isGood: boolean) => void,
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    failures = (await isGood(port, probe)) ? 0 : failures + 1
    if (failures === 0 || failures >= probe.failureThreshold) tell(failures === 0)
    await pause(probe.periodSeconds * 1000, undefined, { signal }).catch(() => {})
  }
}

/** Starts a pod, and waits until its start probe is good. */
export async function startPod(secrets: Secrets, issuer: string): Promise<Pod> {
  const [container] = podSpec.containers
  const [port] = await freePorts()
  const { command, env } = readDockerfile()
  const [{ mountPath }] = container.volumeMounts
  const settings = Object.fromEntries(container.env.map(({ name, value }) => [name, value]))
  const server = await startDeployed({
    command: command.map((word) => word.replace(mountPath, secrets.file)),
    env: {
      ...env,
      ...settings,
      ...secrets.env,
      ISSUER: issuer,
      HOST: '127.0.0.1',
      PORT: `${port}`,
    },
  })
  const over = new AbortController()
  const started = new AbortController()
  await watch(port, container.startupProbe, started.signal, () => started.abort())
  let ready = false
  let restarts = 0
  void watch(port, container.readinessProbe, over.signal, (good) => (ready = good))
  void watch(port, container.livenessProbe, over.signal, (good) => {
    if (!good) restarts += 1
  })
  return {
    port,
    isReady: () => ready,
    restarts: () => restarts,
    end: () => endPod(server, over),
  }
}

async function endPod(server: Deployed, over: AbortController): Promise<number | null> {
  const [{ lifecycle }] = podSpec.containers
  const timer = setTimeout(
    () => server.kill('SIGKILL'),
    podSpec.terminationGracePeriodSeconds * 1000,
  )
  const [program = '', ...args] = lifecycle.preStop.exec.command
  await once(spawn(program, args), 'exit')
  server.kill('SIGTERM')
  const { code } = await server.ended
  over.abort()
  clearTimeout(timer)
  return code
}

export async function startService(): Promise<Service> {
  const pods = new Set<Pod>()
  let turn = 0
  const server: Server = createServer((incoming) => {
    const ready = [...pods].filter((pod) => pod.isReady())
    const pod = ready[(turn += 1) % ready.length]
    const outgoing = pod ? connect(pod.port, '127.0.0.1') : incoming
    incoming.on('error', () => outgoing.destroy())
    outgoing.on('error', () => incoming.destroy())
    if (pod) incoming.pipe(outgoing).pipe(incoming)
    else incoming.destroy()
  })
  const [port] = await freePorts()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { port, pods, close: () => void server.close() }
}
