import { createMemoryAdapter } from '../../adapters/memory.ts'
import {
  ConfigurationError,
  createAuthorizationServer,
  type ConfigurationIssue,
} from '../../lib/index.ts'
import { createAccounts } from './people.ts'
import { audience } from './server.ts'

/** What is said about these options, which stand beside right ones; the mistakes are the point, so they are of any type. */
export function issuesOf(options: object): readonly ConfigurationIssue[] {
  try {
    createAuthorizationServer({
      issuer: 'http://localhost:3000',
      cookieKeys: ['a key for the cookies of the tests'],
      storage: createMemoryAdapter(),
      signingKeys: 'ephemeral',
      accounts: createAccounts(),
      resourceServer: { audience },
      ...options,
    })
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.issues
    throw error
  }
}

/** The mistakes in these options of a server in production, as a person reads them. */
export const mistakesOf = (options: object): readonly string[] =>
  issuesOf({ issuer: 'https://auth.example.test', ...options }).map(
    ({ path, message }) => `${path}: ${message}`,
  )

export const issuesOfViews = (views: unknown): readonly ConfigurationIssue[] => issuesOf({ views })
