import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether there is a program at that path. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Where a program is on the PATH, or where only root has its PATH. */
export function findProgram(name: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find((path) => isProgram(path))
}

/** The program that a variable names, or the one of that name on the PATH. */
export function requireProgram(name: string, variable: string): string {
  const path = process.env[variable] || findProgram(name)
  if (!path) throw new Error(`${name} is not on the PATH, and ${variable} is not set`)
  return path
}
