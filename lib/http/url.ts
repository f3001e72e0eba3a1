/** Hosts that never leave the machine (RFC 8252, Section 7.3). */
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether the URL is protected by TLS, or never leaves the machine. */
export function isLoopbackOrHttps(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHosts.has(url.hostname))
}
