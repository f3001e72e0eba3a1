/** What a backend has that embeds the server as docs/embedding.md and docs/recipes.md do. */
import { createMemoryAdapter } from 'pleo-oauth-server/adapters/memory'
import type { Storage } from 'pleo-oauth-server'

/** A setting that there has to be. */
export function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}

export const storage: Storage = createMemoryAdapter()

export const logger: { readonly error: (error: unknown) => void } = {
  error: (error) => process.emitWarning(String(error)),
}

/** The status of an error of the framework, such as 413 for a body that is too large; 500 for any other error. */
export function statusOf(error: unknown): number {
  const { status, statusCode = status } = Object(error) as Readonly<Record<string, unknown>>
  return typeof statusCode === 'number' ? statusCode : 500
}
