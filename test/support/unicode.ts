import { fc } from './fuzzing.ts'

// What is drawn from all of Unicode, by its properties and not by a list of ours.

/** All characters of Unicode, as the runtime knows it. */
const characters = Array.from({ length: 0x11_0000 }, (_, point) => String.fromCodePoint(point))

/** One of them that matches, but none that matches the other, as it is or decomposed. */
const oneOf = (pattern: RegExp, but = /^$/): fc.Arbitrary<string> => {
  const all = characters.filter(
    (one) => pattern.test(one) && !but.test(one) && !but.test(one.normalize('NFKD')),
  )
  return fc.nat(all.length - 1).map((index) => all[index] ?? '')
}

/** What nobody sees, or what turns the text around it. */
export const unseen: fc.Arbitrary<string> = fc.oneof(
  oneOf(/[\p{Cc}\p{Cf}]/u),
  oneOf(/[\p{Cs}\p{Zl}\p{Zp}]/u),
  oneOf(/\p{Default_Ignorable_Code_Point}/u),
  oneOf(/[\p{Co}\p{Cn}]/u),
  fc.constantFrom('\u2800', '\uFFFC', '\u{1D159}'),
)
/** Punctuation, symbols and spaces, but those that are a letter in another form. */
export const sign: fc.Arbitrary<string> = oneOf(
  /[\p{P}\p{S}\p{Zs}]/u,
  /^[\p{L}\p{N}\u2800\uFFFC\u{1D159}\u{1F130}-\u{1F1FF}]$/u,
)
/** What stands on a letter, in any script. */
export const mark: fc.Arbitrary<string> = oneOf(
  /\p{M}/u,
  /[\p{Default_Ignorable_Code_Point}\u{16FE4}]/u,
)
/** Letters that are not of the scripts that stand among Latin letters within a word. */
export const foreignLetter: fc.Arbitrary<string> = oneOf(
  /\p{L}/u,
  /[\p{scx=Latin}\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Common}\p{Default_Ignorable_Code_Point}]/u,
)
/** Digits that are of one script or another. */
export const foreignDigit: fc.Arbitrary<string> = oneOf(/(?!\p{scx=Common})\p{Nd}/u)
/** The letters of the product, each in all characters that compatibility decomposition makes it. */
export const formsOf: Readonly<Partial<Record<string, readonly string[]>>> = Object.groupBy(
  characters.filter((one) => /^[pleo]$/i.test(one.normalize('NFKD'))),
  (one) => one.normalize('NFKD').toLowerCase(),
)
