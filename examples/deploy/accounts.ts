import { createHash, timingSafeEqual } from 'node:crypto'
import type { Account, AccountsWithPassword } from 'pleo-oauth-server'
import { setting } from './setting.ts'

/*
 * This stands for your people, to try a deployment: one person, who administers one company. Replace it by your own `accounts`
 * before customers come (docs/embedding.md).
 */

const [email, password] = [setting('DEMO_EMAIL'), setting('DEMO_PASSWORD')]
const person: Account = { accountId: 'demo', name: 'Demo Administrator', email }
const company = 'urn:pleo:company:00000000-0000-4000-8000-000000000001'
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

export const accounts: AccountsWithPassword = {
  find: (accountId) => (accountId === person.accountId ? person : undefined),
  subjects: (_, { type }) =>
    type === 'company' ? [{ urn: company, name: 'Demo Company', mayConnect: true }] : [],
  authenticate: ({ username, password: typed }) =>
    username === email && timingSafeEqual(digest(typed), digest(password))
      ? person.accountId
      : undefined,
}
