import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root: string = join(import.meta.dirname, '../..')

/** A folder of somebody who installed the package and everything that this repository installs. */
export interface ConsumerFolder {
  readonly path: string
  readonly close: () => void
}

export function createConsumerFolder(): ConsumerFolder {
  const path = mkdtempSync(join(tmpdir(), 'pleo-consumer-'))
  const [modules, installed] = [join(path, 'node_modules'), join(root, 'node_modules')]
  mkdirSync(modules)
  const names = readdirSync(installed).filter((name) => !name.startsWith('.'))
  for (const name of names) symlinkSync(join(installed, name), join(modules, name))
  symlinkSync(root, join(modules, 'pleo-oauth-server'))
  return { path, close: () => rmSync(path, { recursive: true }) }
}
