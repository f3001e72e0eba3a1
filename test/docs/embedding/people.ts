import type { Account, SubjectChoice, SubjectType } from 'pleo-oauth-server'
import { database, isPasswordOf } from './database.ts' // yours

/** Returns the person with that id, or undefined. Called on every page. */
export async function find(accountId: string): Promise<Account | undefined> {
  const person = await database.personById(accountId)
  if (!person) return undefined
  return {
    accountId: person.id, // stable, and never given to somebody else
    name: person.name,
    email: person.email, // tells a person with two accounts which one this is
    timeZone: 'Europe/Copenhagen',
  }
}

/** Returns every company or organization of the person, also those that the person may not connect. */
export async function subjects(
  accountId: string,
  { type, language }: { readonly type: SubjectType; readonly language: string },
): Promise<readonly SubjectChoice[]> {
  const countryNames = new Intl.DisplayNames(language, { type: 'region' })
  const memberships = await database.membershipsOf(accountId, type)
  return memberships.map(({ group, role }) => ({
    urn: `urn:pleo:${type}:${group.id}`, // the id is a UUID
    name: group.name,
    detail: countryNames.of(group.country) ?? group.country, // tells two of the same name apart
    mayConnect: role === 'administrator',
    administrators: group.administrators, // if this person may not connect it: who may
  }))
}

/** Returns the id of the account, or undefined if the name and the password do not match. */
export async function authenticate({
  username,
  password,
}: {
  readonly username: string
  readonly password: string
}): Promise<string | undefined> {
  const person = await database.personByEmail(username)
  return person && (await isPasswordOf(person, password)) ? person.id : undefined
}
