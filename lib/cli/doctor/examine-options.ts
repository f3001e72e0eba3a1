import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import type { Insides } from '../../administration.ts'
import { toFinding, type Examined, type Finding } from './remedies.ts'

type Config = NonNullable<Insides['config']>

/**
 * Looks at the options of a server.
 *
 * @param storageKeys - those in the environment: an adapter shows nobody its keys
 */
export async function examineOptions(
  config: Config,
  storageKeys: readonly string[] | undefined,
): Promise<Examined> {
  const secrets: readonly PlacedSecret[] = [
    ...placeAll('cookieKeys', config.cookieKeys),
    ...placeAll('STORAGE_KEYS', storageKeys ?? []),
    ...config.clients.flatMap(({ client_secret: value }, index) =>
      value ? [{ place: `clients[${index}].client_secret`, value }] : [],
    ),
  ]
  return {
    findings: [...findWeakSecrets(secrets), ...(await findExamplePeople(config))],
    omissions:
      storageKeys || !config.storage.check
        ? []
        : [{ part: 'storage keys', how: 'set STORAGE_KEYS as for the authorization server' }],
  }
}

/** The people of the examples, with passwords that everybody can read. Nobody else has an address of that domain (RFC 2606). */
const examplePeople: Readonly<Record<string, string>> = {
  'sofia@brightbakery.example': 'pleo-demo',
  'jonas@nordlys.example': 'pleo-demo',
  'maja@ledgerline.example': 'pleo-demo',
  'emil@brightbakery.example': 'pleo-demo',
  'ada@oldmill.example': 'a-long-password',
  'tor@oldmill.example': 'another-password',
}

async function findExamplePeople({ issuer, accounts }: Config): Promise<readonly Finding[]> {
  if (!issuer.startsWith('https:') || !accounts.authenticate) return []
  const request = new IncomingMessage(new Socket())
  const context = new Koa().createContext(request, new ServerResponse(request))
  const found: string[] = []
  for (const [username, password] of Object.entries(examplePeople)) {
    try {
      if (await accounts.authenticate({ username, password }, context)) found.push(username)
    } catch {
      // A host may throw for people that it does not know.
    }
  }
  if (found.length === 0) return []
  const message = `everybody can sign in with a public password as ${found.join(', ')}`
  return [toFinding('example_people', 'accounts', message)]
}

/** A secret, and the place that it was read from. */
interface PlacedSecret {
  readonly place: string
  readonly value: string
}

/** Gives each secret of a list its place. */
export const placeAll = (place: string, values: readonly string[]): readonly PlacedSecret[] =>
  values.map((value, index) => ({ place: `${place}[${index}]`, value }))

/** Finds secrets that somebody may guess, and those that are used twice. No finding has a part of a secret. */
export function findWeakSecrets(secrets: readonly PlacedSecret[]): readonly Finding[] {
  const weak = secrets.flatMap(({ place, value }) => {
    const found = weaknesses.find(({ isSo }) => isSo(value))
    return found ? [toFinding(found.code, place, found.message)] : []
  })
  const repeated = [...new Set(secrets.map(({ value }) => value))].flatMap((value) => {
    const places = secrets.filter((one) => one.value === value).map(({ place }) => place)
    if (places.length === 1) return []
    return [
      toFinding('repeated_secret', places.join(', '), 'the same secret is used more than once'),
    ]
  })
  return [...weak, ...repeated]
}

interface Weakness {
  readonly code: string
  readonly message: string
  readonly isSo: (secret: string) => boolean
}

const weaknesses: readonly Weakness[] = [
  {
    code: 'example_secret',
    message: 'it looks like a value of an example, which everybody knows',
    isSo: (secret) =>
      /change[ _-]?(?:me|this)|replace[ _-]?(?:me|this)|example|your[ _-]?(?:cookie|key|secret|storage)|passw(?:or)?d|pleo-demo|123456|qwerty/i.test(
        secret,
      ),
  },
  {
    code: 'short_secret',
    message: 'it has fewer than 32 characters, and somebody may guess it',
    isSo: ({ length }) => length < 32,
  },
  {
    code: 'guessable_secret',
    message: 'it consists of words, or of few different characters, and somebody may guess it',
    isSo: (secret) => isOfWords(secret) || toBits(secret) < leastBits,
  },
]

/** Random characters practically never look so. */
const isOfWords = (secret: string): boolean =>
  /^[A-Z]?[a-z]+(?:[^a-zA-Z\d]+[A-Z]?[a-z]+)+\W?$/.test(secret)

/** 128 random bits in hexadecimal digits have 117 by this count, on average. */
const leastBits = 90

/** Counts the bits of a text by how often each character is in it (Shannon). */
function toBits(text: string): number {
  let bits = 0
  for (const character of text) bits -= Math.log2((text.split(character).length - 1) / text.length)
  return bits
}
