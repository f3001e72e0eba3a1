/** Gets what the tests need beyond npm, or stops with one line that says what is missing. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plan, type Plan } from './prerequisites-plan.ts'
import { findProgram, isProgram } from './programs.ts'

const decide = (): Plan =>
  plan({
    findProgram,
    isProgram,
    env: process.env,
    uid: process.getuid?.(),
    osRelease: readOsRelease(),
  })

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}

/** Runs apt-get. Answers whether it worked; what it said is shown only if it did not. */
function install(packages: readonly string[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'prerequisites-'))
  const path = join(folder, 'apt-get.log')
  const log = openSync(path, 'a')
  try {
    const worked =
      aptGet(['update'], log) &&
      aptGet(
        [...withoutServices(folder), 'install', '-y', '--no-install-recommends', ...packages],
        log,
      )
    if (!worked) process.stderr.write(readFileSync(path))
    return worked
  } finally {
    closeSync(log)
    rmSync(folder, { recursive: true })
  }
}

function aptGet(args: readonly string[], log: number): boolean {
  const { status } = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', log, log],
  })
  return status === 0
}

/** The package of Redis starts a server on port 6379; the tests must not leave one behind. */
function withoutServices(folder: string): readonly string[] {
  for (const name of ['invoke-rc.d', 'deb-systemd-invoke']) {
    writeFileSync(join(folder, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  }
  return ['-o', `DPkg::Path=${folder}:/usr/sbin:/usr/bin:/sbin:/bin`]
}

function main(): void {
  const first = decide()
  if (first.action === 'proceed') return
  if (first.action === 'install') {
    const names = first.packages.join(' and ')
    process.stdout.write(`installing ${names} with apt-get, which the tests need\n`)
    if (install(first.packages) && decide().action === 'proceed') return
    process.stderr.write(`apt-get could not install ${names}, which the tests need\n`)
  } else process.stderr.write(`${first.reason}\n`)
  process.exitCode = 1
}

main()
