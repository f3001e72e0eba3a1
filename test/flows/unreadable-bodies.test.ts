import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { useServer } from '../support/server.ts'

// A body that the server cannot read is named. Otherwise partners look for a mistake in their credentials.

const server = useServer()

const formType = 'application/x-www-form-urlencoded'
const form = 'grant_type=refresh_token&refresh_token=x&token=x&client_id=ledger&client_secret='
const wrongSecret = Buffer.from(`${form}wrong`)
const rightSecret = Buffer.from(`${form}ledger-secret-of-32-characters-at-least`)

describe.each(['/oauth/token', '/oauth/token/introspect', '/oauth/token/revoke', '/oauth/par'])(
  '%s',
  (path) => {
    const send = (body: BodyInit | Buffer, headers: Record<string, string>) =>
      fetch(server.issuer + path, { method: 'POST', body: body as BodyInit, headers })

    const asIs = 'but the body must be sent as it is: leave the header out'
    test.each<[string, Buffer, Record<string, string>, string]>([
      ['has no type', wrongSecret, {}, `Content-Type is missing, it must be ${formType}`],
      [
        'is too large',
        Buffer.from(`${form}wrong&x=${'x'.repeat(56 * 1024)}`),
        { 'content-type': formType },
        'the body is too large, it must have 57344 bytes at most',
      ],
      [
        'is compressed with gzip',
        gzipSync(wrongSecret),
        { 'content-type': formType, 'content-encoding': 'gzip' },
        `Content-Encoding is gzip, ${asIs}`,
      ],
      [
        'is compressed with deflate',
        deflateSync(wrongSecret),
        { 'content-type': formType, 'content-encoding': 'deflate' },
        `Content-Encoding is deflate, ${asIs}`,
      ],
      [
        'is compressed twice',
        brotliCompressSync(gzipSync(wrongSecret)),
        { 'content-type': formType, 'content-encoding': 'gzip, br' },
        `Content-Encoding is unknown, ${asIs}`,
      ],
      [
        'is in UTF-16',
        Buffer.from(wrongSecret.toString(), 'utf16le'),
        { 'content-type': `${formType}; charset=UTF-16LE` },
        'the charset in Content-Type is UTF-16LE, it must be utf-8',
      ],
      [
        'is in another charset, in quotes',
        wrongSecret,
        { 'content-type': `${formType};charset="shift_jis"` },
        'the charset in Content-Type is shift_jis, it must be utf-8',
      ],
      [
        'is in an alphabet that nobody knows',
        wrongSecret,
        { 'content-type': `${formType}; charset=x-unknown` },
        'the charset in Content-Type is x-unknown, it must be utf-8',
      ],
    ])('a body that %s is refused before the client is', async (_, body, headers, description) => {
      const origin = 'https://mobile.example.test'
      const answer = await send(body, { ...headers, origin })
      expect([answer.status, await answer.json()]).toEqual([
        400,
        { error: 'invalid_request', error_description: description },
      ])
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    })

    test.each([
      ['a charset', { 'content-type': `${formType}; charset=utf-8` }],
      ['a charset in capitals and quotes', { 'content-type': `${formType};charset="UTF-8"` }],
      ['the older name of the charset', { 'content-type': `${formType}; charset=utf8` }],
      ['ASCII as the charset', { 'content-type': `${formType}; charset=us-ascii` }],
      // Apache HttpClient 4 does so if it is not told otherwise.
      ['Latin 1 for ASCII', { 'content-type': `${formType}; charset=ISO-8859-1` }],
      ['no compression', { 'content-type': formType, 'content-encoding': 'identity' }],
    ])('a body that names %s is read', async (_, headers) => {
      expect((await send(wrongSecret, headers)).status).toBe(401)
      expect((await send(rightSecret, headers)).status).not.toBe(401)
    })

    test('a body of the longest length is read', async () => {
      const body = Buffer.from(`${wrongSecret.toString()}&x=`.padEnd(56 * 1024, 'x'))
      // It is read, and then too large for an authorization request.
      const expected = path === '/oauth/par' ? 400 : 401
      expect((await send(body, { 'content-type': formType })).status).toBe(expected)
    })
  },
)
