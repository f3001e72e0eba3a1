/** What a backend has that embeds the server as the first sample of docs/embedding.md does. */
import { createMemoryAdapter } from 'pleo-oauth-server/adapters/memory'
import type { Account, Storage, SubjectChoice, SubjectType } from 'pleo-oauth-server'

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

interface People {
  byId(accountId: string): Promise<Account>
  subjectsOf(accountId: string, type: SubjectType): Promise<readonly SubjectChoice[]>
  check(username: string, password: string): Promise<string | undefined>
}

export const people: People = {
  byId: async (accountId) => ({ accountId, name: 'Ada Lind' }),
  subjectsOf: async (accountId, type) => [
    {
      urn: `urn:pleo:${type}:5f0c3f8e-6f0e-4d0a-9b57-1f7f3c1f5a01`,
      name: accountId,
      mayConnect: true,
    },
  ],
  check: async (username, password) => (password === 'secret' ? username : undefined),
}
