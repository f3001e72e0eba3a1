import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  createGrantId,
  createTokenValues,
  generationOf,
  grantIdOf,
} from '../../lib/grants/token-values.ts'

const keys = [randomBytes(32), randomBytes(32)]
const values = createTokenValues(keys)
const grantId = createGrantId()
const use = { scope: 'companies:read', jkt: undefined }

describe('a value', () => {
  test('names its grant, is of URL characters only, and never the same twice', () => {
    expect(grantId).toMatch(/^[\w-]{22}$/)
    const made = Array.from({ length: 100 }, () => [
      values.create(grantId),
      values.createRefreshToken(grantId),
    ]).flat()
    for (const value of made) {
      expect(value).toMatch(/^[\w-]+$/)
      expect(grantIdOf(value)).toBe(grantId)
    }
    expect(new Set(made).size).toBe(200)
  })

  test.each([
    ['nothing', ''],
    ['the id of a grant', grantId],
    ['a value of the framework', randomBytes(32).toString('base64url')],
    ['one character more', `${values.create(grantId)}x`],
    ['a slash', `${values.create(grantId).slice(0, -1)}/`],
    ['an asterisk', `${'*'.repeat(22)}${values.create(grantId).slice(22)}`],
    ['a line break', `${values.create(grantId).slice(0, -1)}\n`],
    ['not of ASCII', `${values.create(grantId).slice(0, -1)}é`],
  ])('is not %s', (_, text) => {
    expect(grantIdOf(text)).toBeUndefined()
    expect(generationOf(text)).toBeUndefined()
    expect(values.isGenuine(text)).toBe(false)
  })
})

describe('what a refresh issues', () => {
  const first = values.createRefreshToken(grantId)

  test('is the same whoever derives it, and another for every token, scope and key', () => {
    const again = createTokenValues(keys)
    expect(again.successorOf(first, 1)).toBe(values.successorOf(first, 1))
    expect(again.accessTokenFor(first, use, 1)).toBe(values.accessTokenFor(first, use, 1))
    const other = values.createRefreshToken(grantId)
    const derived = [
      values.successorOf(first, 0),
      values.successorOf(first, 1),
      values.successorOf(other, 0),
      values.accessTokenFor(first, use, 0),
      values.accessTokenFor(first, use, 1),
      values.accessTokenFor(other, use, 0),
      values.accessTokenFor(first, { ...use, scope: 'users:read' }, 0),
      values.accessTokenFor(first, { ...use, scope: undefined }, 0),
      values.accessTokenFor(first, { ...use, jkt: 'thumbprint' }, 0),
    ]
    expect(new Set(derived).size).toBe(derived.length)
  })

  test('counts refreshes, and belongs to the same grant', () => {
    let token = first
    for (let generation = 0; generation < 300; generation += 1) {
      expect(generationOf(token)).toBe(generation)
      expect(grantIdOf(token)).toBe(grantId)
      token = values.successorOf(token, 0)
    }
  })

  test('is derived by nobody with another key', () => {
    const stranger = createTokenValues([randomBytes(32)])
    expect(stranger.successorOf(first, 0)).not.toBe(values.successorOf(first, 0))
    expect(stranger.isGenuine(first)).toBe(false)
  })
})

describe('a genuine refresh token', () => {
  test('is known with an older key as well, and not without it', () => {
    const [newer = randomBytes(32), older = randomBytes(32)] = keys
    const old = createTokenValues([older]).createRefreshToken(grantId)
    expect(values.isGenuine(old)).toBe(true)
    expect(createTokenValues([newer]).isGenuine(old)).toBe(false)
    expect(values.isGenuine(values.successorOf(old, 1))).toBe(true)
  })

  test('is none when any character of it is another', () => {
    const token = values.createRefreshToken(grantId)
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A'
      expect(values.isGenuine(token.slice(0, at) + other + token.slice(at + 1))).toBe(false)
    }
  })

  test('is no access token, and no access token is one', () => {
    expect(values.isGenuine(values.create(grantId))).toBe(false)
    expect(
      values.isGenuine(values.accessTokenFor(values.createRefreshToken(grantId), use, 0)),
    ).toBe(false)
  })
})
