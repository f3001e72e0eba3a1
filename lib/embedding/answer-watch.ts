import type { Context } from 'koa'
import type { TellMistake } from './mistakes.ts'

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

/** Compares an answer with what is sent in the end. */
export const createAnswerWatch =
  (tell: TellMistake) =>
  (own: Context): void => {
    const { res } = own
    const before = toAnswer(own)
    res.once('finish', () => {
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

const toAnswer = ({ res }: Context): Readonly<Record<string, string>> => ({
  'the status': String(res.statusCode),
  ...Object.fromEntries(meaningful.map((name) => [name, String(res.getHeader(name) ?? '')])),
})
