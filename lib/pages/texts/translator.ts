import { createInstance, type i18n } from 'i18next'
import { createMemory } from '../../validation/memory.ts'
import { defaultLanguage, type Catalogues } from './catalogues.ts'
import {
  createFormats,
  directionOf,
  isolate,
  toLocale,
  type Direction,
  type Formats,
} from './formats.ts'

/** The values of placeholders. A number as `count` chooses the plural form. */
export type TextValues = Readonly<Record<string, string | number>>

/** The texts of one language. */
export interface Translator {
  readonly language: string
  readonly direction: Direction
  readonly formats: Formats
  /**
   * The text at a path, in English if the language does not have it. It is not escaped for HTML. Each value in it
   * is isolated from the words around it.
   *
   * @throws TypeError if the text does not exist, or if a value for it is missing
   */
  readonly text: (path: string, values?: TextValues) => string
  /**
   * The text at a path in one language, or in that without its region; `undefined` if they do not have it.
   *
   * @param language - the language to look in; this translator's own by default
   */
  readonly find: (path: string, language?: string) => string | undefined
}

/** The habits of the person who reads. */
interface Reader {
  /** Two letters (ISO 3166-1) or three digits (UN M.49); undefined for that of most people with the language. */
  readonly region?: string | undefined
  /** Undefined for the default. */
  readonly timeZone?: string | undefined
}

/** The translators of every language there is. */
export interface Translators {
  /** The languages there are, the default first. */
  readonly languages: readonly string[]
  of(language: string, reader?: Reader): Translator
}

/**
 * @param product - what the product is called, which every text may name: `{{product}}`
 * @param timeZone - that of dates for a person whose time zone nobody knows
 */
export function createTranslators(
  catalogues: Catalogues,
  product: string,
  timeZone?: string,
): Translators {
  const texts = createTexts(catalogues)
  const create = (language: string) => {
    const words = { language, catalogues, product, texts }
    return { words, usual: createTranslator(words, createFormats(language, timeZone)) }
  }
  const languages = new Map(
    [...catalogues.keys()].map((language) => [language, create(language)] as const),
  )
  // Formats take longer to make than a page.
  const remember = createMemory<Translator>(100)
  return {
    languages: [...languages.keys()],
    of: (language, { region, timeZone: own } = {}) => {
      const { words, usual } = languages.get(language) ?? create(defaultLanguage)
      if (region === undefined && own === undefined) return usual
      return remember(`${words.language} ${region} ${own}`, () => {
        const locale = toLocale(words.language, region)
        if (locale === words.language && own === undefined) return usual
        return createTranslator(words, createFormats(locale, own ?? timeZone))
      })
    },
  }
}

/** The words of one language. */
interface Words {
  readonly language: string
  readonly catalogues: Catalogues
  readonly product: string
  readonly texts: i18n
}

function createTranslator(words: Words, formats: Formats): Translator {
  const { language, catalogues, product, texts } = words
  const direction = directionOf(language)
  const translate = (path: string, values: TextValues): string => {
    const { count } = values
    const { res, usedLng } = texts.t(path, {
      ...(typeof count === 'number' && { count }),
      replace: { product, ...toShownValues(values, formats) },
      lng: language,
      nest: false,
      returnDetails: true,
    })
    // An English sentence on a page from right to left would end in front of itself.
    return usedLng === language || directionOf(usedLng) === direction ? res : isolate(res)
  }
  return {
    language,
    direction,
    formats,
    text: keepTexts(translate),
    find: (path, other = language) =>
      withoutRegion(other)
        .map((tag) => catalogues.get(tag)?.get(path))
        .find((text) => text !== undefined),
  }
}

/** The texts of a page are mostly those of the last one. */
function keepTexts(translate: (path: string, values: TextValues) => string): Translator['text'] {
  const remember = createMemory<string>()
  return (path, values) => {
    // From a value that is not a path, the library makes an empty text.
    if (typeof path !== 'string') return refuse(path)
    const key = values ? JSON.stringify([path, shownOf(values)]) : path
    return remember(key, () => translate(path, values ?? {}))
  }
}

function refuse(path: string): never {
  throw new TypeError(`there is no text ${path}`)
}

function toShownValues(values: TextValues, formats: Formats): Readonly<Record<string, string>> {
  const shown = shownOf(values).map(([name, value]) => [
    name,
    typeof value === 'number' ? formats.number(value) : isolate(value),
  ])
  return Object.fromEntries(shown) as Record<string, string>
}

/** Templates are not typed. A missing value is reported when a text needs it. */
const shownOf = (values: TextValues): readonly (readonly [string, string | number])[] =>
  Object.entries(values).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  )

/** A language tag, and then what is left of it subtag by subtag: `pt-BR`, `pt`. */
export function withoutRegion(tag: string): readonly string[] {
  const subtags = tag.split('-')
  return subtags.map((_, index) => subtags.slice(0, subtags.length - index).join('-'))
}

function createTexts(catalogues: Catalogues): i18n {
  const texts = createInstance()
  void texts.init({
    resources: Object.fromEntries(
      [...catalogues].map(([tag, own]) => [tag, { translation: Object.fromEntries(own) }]),
    ),
    fallbackLng: defaultLanguage,
    // Paths are looked up whole: the names of scopes may have any letter in them.
    keySeparator: false,
    nsSeparator: false,
    initAsync: false,
    // The templates escape, all in one place.
    interpolation: { escapeValue: false },
    parseMissingKeyHandler: refuse,
    missingInterpolationHandler: (text: string, [placeholder]: readonly string[]) => {
      throw new TypeError(`a value is missing for ${placeholder} in "${text}"`)
    },
  })
  return texts
}
