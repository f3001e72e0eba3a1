import type { Context } from 'koa'
import type { TellMistake } from '../validation/mistakes.ts'

/** Headers of an answer that mean something to browsers and clients. */
const meaningful = [
  'cache-control',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'location',
  'referrer-policy',
  'www-authenticate',
  'x-frame-options',
]

type Answer = Readonly<Record<string, string>>

/** Compares an answer with what is sent in the end. */
export const createAnswerWatch =
  (tell: TellMistake) =>
  (own: Context): void => {
    const { res } = own
    const before = toAnswer(own)
    res.once('finish', () => {
      if (isUnchanged(own, before)) return
      const after = toAnswer(own)
      const changed = Object.keys(before).filter((name) => before[name] !== after[name])
      if (changed.length === 0) return
      tell(
        'answer_changed',
        `something before the authorization server changed ${changed.join(', ')} of an answer for ${own.path}: ` +
          'clients and browsers rely on them, so leave its answers as they are',
      )
    })
  }

/** Whether the host has found that the client has the answer already (RFC 9110, Section 15.4.5). */
const isUnchanged = ({ method, res }: Context, before: Answer): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  before['the status'] === '200' &&
  res.statusCode === 304

const toAnswer = ({ res }: Context): Answer => ({
  'the status': String(res.statusCode),
  ...Object.fromEntries(meaningful.map((name) => [name, String(res.getHeader(name) ?? '')])),
})
