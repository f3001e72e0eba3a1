import {
  checkMounting,
  readProxyVerdict,
  toProxyQuestion,
  type Insides,
} from '../../administration.ts'
import { ConfigurationError } from '../../errors.ts'
import { oauthMetadataPath } from '../../paths.ts'
import { isLoopback } from '../../validation/url.ts'
import { findCertificateProblem, speaksTls } from './certificate.ts'
import { toFinding, together, type Examined, type Finding } from './remedies.ts'

type Config = Insides['config']

/** How long an answer may take, in milliseconds. */
const patience = 10_000

/** How far a clock may be from ours, in milliseconds. */
const mostDifference = 5000

/**
 * Looks at a server from outside, as clients and browsers do.
 *
 * @param url - the issuer, or where it is to be
 * @param config - the options of the server that is expected there, if they are known
 */
export async function examineUrl(url: string, config: Config): Promise<Examined> {
  const { protocol } = new URL(url)
  const wrongScheme = await findWrongScheme(new URL(url))
  if (wrongScheme)
    return {
      findings: [toFinding('wrong_scheme', url, wrongScheme)],
      omissions: answersAt(url, 'correct the URL first'),
    }
  const [certificate, apiClock] = await Promise.all([
    protocol === 'https:' ? findCertificateProblem(new URL(url)) : undefined,
    findApiClock(config),
  ])
  const found: Examined = {
    findings: [
      ...(certificate ? [toFinding(certificate.code, url, certificate.message)] : []),
      ...(await findPlainHttp(url)),
      ...apiClock,
    ],
    omissions: [],
  }
  const isStopped = certificate?.code === 'certificate_invalid'
  if (!isStopped) return together([found, await examineAnswers(url, config)])
  return {
    ...found,
    omissions: answersAt(url, 'correct the certificate first: no client goes further'),
  }
}

async function findWrongScheme(url: URL): Promise<string | undefined> {
  const { protocol, hostname, port } = url
  const hasTls = await speaksTls(url)
  if (protocol === 'http:')
    return hasTls ? 'the server speaks TLS there, and the URL has http' : undefined
  const plain = `http://${hostname}:${port || 443}/`
  if (hasTls || !(await ask(plain, { method: 'HEAD' }, 1500))) return undefined
  return 'the server speaks no TLS there, and the URL has https'
}

const answersAt = (url: string, how: string): Examined['omissions'] => [
  { part: `the answers at ${url}`, how },
]

async function examineAnswers(url: string, config: Config): Promise<Examined> {
  const { origin, pathname } = new URL(url)
  const metadata = `${origin}${oauthMetadataPath}${pathname === '/' ? '' : pathname}`
  const headers = { 'Cache-Control': 'no-cache', ...(config && toProxyQuestion(config)) }
  // Caches keep metadata. With another query, the server itself answers.
  const answer = await ask(`${metadata}?doctor=${Date.now()}`, { headers })
  const target = answer && findRedirect(answer, metadata)
  if (target !== undefined) {
    const message = `clients are redirected to ${target}, and do not follow`
    return {
      findings: [toFinding('redirected', url, message)],
      omissions: answersAt(url, 'correct the redirect first'),
    }
  }
  const verdict = answer && readProxyVerdict(answer)
  const proxies = verdict && proxyProblems[verdict]
  const isUnknown = config?.issuer.startsWith('https:') && verdict === undefined
  const part = 'proxies before the server'
  const how = !config
    ? 'add --config with the module of the server'
    : answer?.ok
      ? `the server at ${url} must have the cookieKeys of the module, and this version of the package`
      : 'correct the way to the server first'
  return {
    findings: [
      ...(await findMountingProblems(url)),
      ...(answer ? findClock('server_clock', url, answer) : []),
      ...(proxies ? [toFinding(verdict, url, proxies)] : []),
    ],
    omissions: isUnknown || !config ? [{ part, how }] : [],
  }
}

const proxyProblems: Readonly<Partial<Record<string, string>>> = {
  proxy_not_trusted:
    'the server takes a proxy for the client, so that all people and clients share one limit',
  forwarded_for_missing:
    'no proxy says from which address a request came, so that all people and clients share one limit',
  forwarded_for_believed:
    'the server believes an address that the client itself sent, so that no limit holds',
}

async function findMountingProblems(url: string): Promise<readonly Finding[]> {
  try {
    await checkMounting(url, { timeout: patience })
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.issues.map(({ code, message }) => toFinding(code, url, message))
  }
}

/** The place that the metadata are redirected to. A redirect to another path is a sign-in of the host. */
function findRedirect({ status, headers }: Response, asked: string): string | undefined {
  if (status < 300 || status >= 400) return undefined
  const target = URL.parse(headers.get('location') ?? '', asked)
  return target?.pathname.includes(oauthMetadataPath) ? target.origin + target.pathname : undefined
}

/** Finds out whether tokens can go over the network as anybody can read them. */
async function findPlainHttp(url: string): Promise<readonly Finding[]> {
  const { protocol, hostname, port, pathname } = new URL(url)
  if (protocol === 'http:') {
    const message =
      'clients reach the server without TLS, and everybody on the way reads their tokens'
    return isLoopback(hostname) ? [] : [toFinding('plain_http', url, message)]
  }
  // With a port of its own, nobody comes there by leaving out the s.
  if (port !== '') return []
  const plain = `http://${hostname}${oauthMetadataPath}${pathname === '/' ? '' : pathname}`
  const answer = await ask(plain, {}, 1500)
  if (answer?.status !== 200) return []
  return [toFinding('plain_http', url, 'the server also answers without TLS')]
}

async function findApiClock(config: Config): Promise<readonly Finding[]> {
  const { audience = '' } = config?.resourceServer ?? {}
  if (!/^https?:/.test(audience)) return []
  const answer = await ask(audience, { method: 'HEAD' }, 1500)
  return answer ? findClock('api_clock', audience, answer) : []
}

/** Compares the clock of a server with ours. A cache says how old an answer is. */
function findClock(code: string, place: string, { headers }: Response): readonly Finding[] {
  const age = Number(headers.get('age') ?? 0)
  const time = Date.parse(headers.get('date') ?? '') + age * 1000
  const difference = time - Date.now()
  // `Date` has whole seconds, and the answer was on its way.
  if (!(Math.abs(difference) > mostDifference + 1000)) return []
  const seconds = Math.round(Math.abs(difference) / 1000)
  const direction = difference > 0 ? 'ahead of' : 'behind'
  const message = `its clock is ${seconds} seconds ${direction} the clock of this machine`
  return [toFinding(code, place, message)]
}

/** Undefined if no answer comes: `checkMounting` says why. */
async function ask(
  url: string,
  init: RequestInit,
  timeout = patience,
): Promise<Response | undefined> {
  try {
    const signal = AbortSignal.timeout(timeout)
    return await fetch(url, { ...init, redirect: 'manual', signal })
  } catch {
    return undefined
  }
}
