import {
  ConfigurationError,
  createAuthorizationServer,
  type ConfigurationIssue,
} from '../../lib/index.ts'
import { createAccounts } from './people.ts'
import { audience } from './server.ts'

/** What is said about these options of the pages; the mistakes are the point, so they are of any type. */
export function issuesOfViews(views: unknown): readonly ConfigurationIssue[] {
  try {
    createAuthorizationServer({
      issuer: 'https://auth.example.test',
      cookieKeys: ['a key for the cookies'],
      accounts: createAccounts(),
      resourceServer: { audience },
      views: views as never,
    })
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.issues
    throw error
  }
}
