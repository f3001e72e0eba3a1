import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createFolder } from '../support/folder.ts'
import { requireProgram } from '../support/programs.ts'
import { killWithThisProcess } from '../support/redis-process.ts'
import { waitUntil } from '../support/redis-server.ts'
import { blockOf, readExample } from './files.ts'

/** nginx with the configuration that people copy. */
export interface Nginx {
  readonly issuer: string
  readonly plain: string
  /** The file with its certificate. */
  readonly certificate: string
  /** What it logged as a warning or worse. */
  readonly errors: () => string
  close(): Promise<void>
}

export interface NginxOptions {
  /** The address it listens on, and asks from. */
  readonly address: string
  readonly ports: { readonly tls: number; readonly plain: number }
  /** Replaces the names of the servers by their addresses. */
  readonly rewrite: (text: string) => string
}

/** Makes a certificate as the document says. All of this process trusts it from then on. */
function makeCertificate(folder: string, address: string): void {
  const script = blockOf('sh', 'openssl req')
  const openssl = requireProgram('openssl', 'OPENSSL_PATH')
  execFileSync('sh', ['-euc', script.replace('DNS:auth.example.com', `IP:${address}`)], {
    cwd: folder,
    env: { PATH: `${join(openssl, '..')}:${process.env['PATH']}` },
    stdio: 'pipe',
  })
  const certificate = readFileSync(join(folder, 'tls/certificate.pem'), 'utf8')
  setDefaultCACertificates([...getCACertificates('default'), certificate])
}

/** Around the file, all that nginx needs to run without the folders of the system. */
function surround(folder: string, address: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ')
  return `daemon off; worker_processes 2; pid ${folder}/pid; error_log ${folder}/error.log warn;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http { access_log off; ${paths} proxy_bind ${address}; include ${folder}/site.conf; }
`
}

export async function startNginx({ address, ports, rewrite }: NginxOptions): Promise<Nginx> {
  const folder = createFolder()
  makeCertificate(folder, address)
  const issuer = `https://${address}:${ports.tls}`
  const site = rewrite(readExample('nginx.conf'))
    .replace('listen 80;', `listen ${address}:${ports.plain};`)
    .replace('listen 443 ssl;', `listen ${address}:${ports.tls} ssl;`)
    .replaceAll('/etc/nginx/tls', join(folder, 'tls'))
    .replaceAll('https://auth.example.com', issuer)
  writeFileSync(join(folder, 'site.conf'), site)
  writeFileSync(join(folder, 'nginx.conf'), surround(folder, address))
  const errors = (): string => readFileSync(join(folder, 'error.log'), 'utf8')
  const program = requireProgram('nginx', 'NGINX_PATH')
  const child = spawn(program, ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const exited = new Promise((resolve) => child.once('exit', resolve))
  if (child.pid === undefined) throw new Error(`${program} did not start`)
  // With SIGKILL, its workers would go on.
  killWithThisProcess({ child: Object.assign(child, { pid: child.pid }), exited }, folder, 'TERM')
  await waitUntil('nginx listens', async () => {
    if (child.exitCode !== null) return true
    return isListening(address, ports.tls)
  })
  if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`)
  return {
    issuer,
    plain: `http://${address}:${ports.plain}`,
    certificate: join(folder, 'tls/certificate.pem'),
    errors,
    async close() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

const isListening = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
