import { describe, expect, test } from 'vitest'
import { plan, type Facts } from './prerequisites-plan.ts'

const debian = 'PRETTY_NAME="Debian GNU/Linux 13"\nID=debian\n'
const ubuntu = 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n'
const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'
const fedora = 'ID=fedora\n'

function facts(programs: readonly string[], more: Partial<Facts> = {}): Facts {
  return {
    findProgram: (name) =>
      [...programs, ...others].includes(name) ? `/usr/bin/${name}` : undefined,
    isProgram: (path) => path === '/opt/chrome' || path === '/opt/redis-server',
    env: {},
    uid: 1000,
    osRelease: debian,
    ...more,
  }
}

/** Everything but a browser and Redis. */
const others = ['nginx', 'openssl', 'systemd-analyze']
const both = { action: 'install', packages: ['chromium', 'redis-server'] }

describe('what the tests need beyond npm', () => {
  test('goes on where the programs are on the PATH', () => {
    expect(plan(facts(['chromium', 'redis-server']))).toEqual({ action: 'proceed' })
  })

  test('goes on where the environment names a browser and Redis', () => {
    const env = { CHROMIUM_PATH: '/opt/chrome', REDIS_SERVER_PATH: '/opt/redis-server' }
    expect(plan(facts([], { env }))).toEqual({ action: 'proceed' })
  })

  test('takes an empty setting as none', () => {
    const env = { CHROMIUM_PATH: '', REDIS_SERVER_PATH: '' }
    expect(plan(facts(['apt-get'], { env, uid: 0 }))).toEqual(both)
  })

  test('installs what is missing as root on Debian', () => {
    expect(plan(facts(['apt-get'], { uid: 0 }))).toEqual(both)
  })

  test('installs only what is missing', () => {
    const packages = ['redis-server']
    expect(plan(facts(['apt-get', 'chromium'], { uid: 0 }))).toEqual({
      action: 'install',
      packages,
    })
  })

  test('installs nginx, openssl and systemd as well', () => {
    const findProgram = (name: string): string | undefined =>
      ['apt-get', 'chromium', 'redis-server'].includes(name) ? `/usr/bin/${name}` : undefined
    expect(plan(facts([], { uid: 0, findProgram }))).toEqual({
      action: 'install',
      packages: ['nginx', 'openssl', 'systemd'],
    })
  })

  test('goes on without systemd where it cannot be installed', () => {
    const findProgram = (name: string): string | undefined =>
      name === 'systemd-analyze' ? undefined : `/usr/bin/${name}`
    expect(plan(facts([], { osRelease: fedora, findProgram }))).toEqual({ action: 'proceed' })
  })

  test('installs Redis as root on Ubuntu where a browser is there', () => {
    const env = { CHROMIUM_PATH: '/opt/chrome' }
    const packages = ['redis-server']
    expect(plan(facts(['apt-get'], { uid: 0, osRelease: ubuntu, env }))).toEqual({
      action: 'install',
      packages,
    })
  })
})

describe('stops with one line that says what to do', () => {
  const stops: readonly (readonly [string, Facts, readonly string[]])[] = [
    [
      'on Debian without being root',
      facts(['apt-get']),
      ['need chromium and redis-server', 'as root: apt-get install chromium redis-server'],
    ],
    [
      'on Ubuntu, whose chromium package is a snap',
      facts(['apt-get'], { uid: 0, osRelease: ubuntu }),
      ['chromium', 'snap', 'set CHROMIUM_PATH'],
    ],
    [
      'on what derives from Ubuntu',
      facts(['apt-get', 'redis-server'], { uid: 0, osRelease: mint }),
      ['need chromium,', 'set CHROMIUM_PATH'],
    ],
    [
      'on another Linux, root or not',
      facts([], { uid: 0, osRelease: fedora }),
      ['set CHROMIUM_PATH', 'set REDIS_SERVER_PATH'],
    ],
    [
      'where there is neither os-release nor user id',
      facts(['chromium'], { uid: undefined, osRelease: '' }),
      ['need redis-server,', 'set REDIS_SERVER_PATH'],
    ],
    [
      'on Debian without apt-get',
      facts(['chromium'], { uid: 0 }),
      ['need redis-server,', 'set REDIS_SERVER_PATH'],
    ],
    [
      'where CHROMIUM_PATH names nothing, whatever the PATH has',
      facts(['chromium', 'redis-server'], { env: { CHROMIUM_PATH: '/nowhere' } }),
      ['CHROMIUM_PATH names no program: /nowhere'],
    ],
    [
      'where REDIS_SERVER_PATH names nothing, whatever the PATH has',
      facts(['chromium', 'redis-server'], { env: { REDIS_SERVER_PATH: '/nowhere' } }),
      ['REDIS_SERVER_PATH names no program: /nowhere'],
    ],
  ]

  test.each(stops)('%s', (_, given, words) => {
    const result = plan(given)
    const reason = result.action === 'stop' ? result.reason : `not stopped: ${result.action}`
    expect(reason).not.toContain('\n')
    for (const part of words) expect(reason).toContain(part)
  })
})
