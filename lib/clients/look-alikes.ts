/** Letters and signs, and how each is read. */
type Letters = ReadonlyMap<string, string>

/** @param table - all that is read as a letter, by that letter */
const toLetters = (table: Readonly<Record<string, string>>): Letters =>
  new Map(
    Object.entries(table).flatMap(([target, letters]) =>
      Array.from(letters, (letter) => [letter, target] as const),
    ),
  )

/** Looks that Latin letters and digits share among themselves; in a text in lower case. */
const shared = toLetters({ o: '0', l: '1|i', rn: 'm' })

/** Signs that people write for a letter, so that others read a name that is not there. */
const standIns = toLetters({ e: '3€', l: '!£' })

/**
 * Returns how a name looks: two names with the same skeleton are one to a person. Case, diacritics, white space,
 * punctuation and symbols do not count, nor do letters of other scripts that look like Latin ones.
 *
 * @see {@link https://www.unicode.org/reports/tr39/#Confusable_Detection Unicode TR39, Section 4}
 */
export const skeletonOf = (name: string): string => wordsOf(name).join('')

/**
 * Whether a name contains another one, or what looks like it: within a word (`MyPleo`), at the beginning of words that are read
 * as one (`Ple o`, `P.l.e.o`, `P|l|e|o`), or with digits for letters (`PL30`). The end of one word and the beginning of the next do
 * not count (`Simple Office`).
 *
 * @param anyLetter - signs that are read as any letter, too
 */
export function containsName(name: string, other: string, anyLetter = ''): boolean {
  const searched = skeletonOf(other)
  if (searched === '') return false
  const marked = markLoneSigns(name)
  const apart = name.replaceAll(/[\p{P}\p{S}]/gu, (sign) => (isLetter(sign) ? sign : ' '))
  const readings = [wordsOf(name), wordsOf(name, standIns), wordsOf(apart, standIns)]
  return (
    readings.some((words) => hasRun(words, searched)) ||
    (marked !== name && hasWithAny(marked, searched, any)) ||
    Array.from(anyLetter).some(
      (sign) => name.includes(sign) && hasWithAny(name, searched, anyLetter),
    )
  )
}

/** For signs that are read as any letter: no name has this one. */
const any = '\u{E000}'

const eastAsian =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/gu

/** One East Asian letter in a Latin word is probably there for its look: it is read as any letter. */
const markLoneSigns = (name: string): string =>
  name.replaceAll(/[\p{L}\p{M}\p{N}]+/gu, (word) =>
    /\p{Script=Latin}/u.test(word) && word.match(eastAsian)?.length === 1
      ? word.replace(eastAsian, any)
      : word,
  )

/** Whether a name is searched for if each of some signs may be one letter of it. */
function hasWithAny(name: string, searched: string, anyLetter: string): boolean {
  const marked = Array.from(name, (sign) => (anyLetter.includes(sign) ? any : sign)).join('')
  let reached = new Set<number>()
  for (const letter of wordsOf(marked, standIns).join('')) {
    const next = [...reached, 0].flatMap((at) => {
      if (letter !== any) return searched.startsWith(letter, at) ? [at + letter.length] : []
      // One letter looks like these two.
      return searched.startsWith('rn', at) ? [at + 1, at + 2] : [at + 1]
    })
    if (next.includes(searched.length)) return true
    reached = new Set(next)
  }
  return false
}

/** Whether a sign is a letter in a circle, in a square or of a flag, and not one that may also part two letters. */
const isLetter = (sign: string): boolean =>
  /^[\p{L}\p{N}]$/u.test(sign.normalize('NFKD')) || /[\u{1F130}-\u{1F1FF}]/u.test(sign)

/** How short a name must be to be looked for as a word of its own only, in letters. */
const shortest = 4

function hasRun(words: readonly string[], searched: string): boolean {
  const isLong = searched.length >= shortest
  if (isLong && words.some((word) => word.includes(searched))) return true
  const whole = words.join('')
  let end = 0
  const bounds = new Set([0, ...words.map((word) => (end += word.length))])
  return [...bounds].some(
    (start) => whole.startsWith(searched, start) && (isLong || bounds.has(start + searched.length)),
  )
}

/** The words of a name in the letters that they look like. Reads some other signs as letters, too. */
const wordsOf = (name: string, others: Letters = new Map()): readonly string[] =>
  [latin, others, shared]
    .reduce((text, letters) => withoutMarks(eachLetter(text, letters)), fold(name))
    .replaceAll('vv', 'w')
    .split(/[\p{P}\p{S}\p{Z}\s]+/u)
    .filter(Boolean)

const eachLetter = (text: string, letters: Letters): string =>
  text.replaceAll(/./gsu, (letter) => letters.get(letter) ?? letter)

/** Without the marks of any script on Latin, Greek and Cyrillic letters, and on digits and signs: others make another letter. */
const withoutMarks = (text: string): string =>
  text.replaceAll(
    /(^|(?!\p{M})[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}])\p{M}+/gu,
    '$1',
  )

/** In lower case and in its parts, without marks beside or on a letter of any script, and without characters that take no room. */
const fold = (text: string): string =>
  text
    // Its decomposition has letters, but it is a sign.
    .replaceAll('\u2122', ' ')
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(/(?![\u3099\u309A])\p{Script=Inherited}/gu, (mark) =>
      /\p{M}/u.test(mark) ? '' : mark,
    )
    .replaceAll(modifiers, '')

/** Letters that modify the one before them: apostrophes, strokes, tones. */
const modifiers = /[\u02B0-\u02FF\uA700-\uA721\uA788-\uA78C\uA78F]/g

/**
 * Letters, digits and signs that look like these, after compatibility decomposition, case folding and the removal of
 * diacritics. The list has the data of Unicode TR39, and besides small capitals, letters in filled circles and squares, Latin
 * letters that are turned or have strokes and hooks, and strokes and circles of East Asian scripts. It includes scripts that
 * are written from right to left, because their letters can be alone or last in a row with Latin ones. No such list is ever complete:
 * `mixesAlphabets` keeps the rest out of Latin words.
 */
const latin = toLetters({
  '2': 'ƨƻϩᒿꙅꛯꝛ',
  '3': 'ȝɜʒзҙӡⳍꝫ𑣊𖼻𝈆ƺʓᴣᶚ𝼘',
  '4': 'ꮞ𑣏',
  '5': '𑣛',
  '6': 'ⳓꮾ',
  '7': '𐓺𝈒',
  '8': 'ȣ৪੪𐌚',
  '9': '৭੧୨൭ⳋꝯ𑣌𑣖٩۹',
  a: 'ɑαаᗅ⍶⍺ꓮꭺ𐊠𖽀ᴀ🅐🅰🇦ɐɒᶏᶐⱥꞻꬰꭤ',
  aa: 'ꜳ',
  ae: 'æӕᴁᴂ',
  ao: 'ꜵ',
  ar: '🜇',
  au: 'ꜷ',
  av: 'ꜹꜻ',
  ay: 'ꜽ',
  b: 'ƀƃƅɓβбвьѣҍᏼᑲᑳᖯᗷꓐꞵꮟ𐊂𐊡𐌁ʙ🅑🅱🇧ᴃᵬᶀꞗ',
  bl: 'ы',
  c: '¢ȼςсҫᴄ₡ⲥꓚꮯ𐊢𐌂𐐽𐔜𑣩𑣲🅮🝌🅒🅲🇨ƈɕʗↄꜿꞓꞔ𝼏𝼝',
  d: 'ðđƌɖɗԁᑯᗞᗪ₫ꓒꓓꭰꮷᴅ🅓🅳🇩ȡᴆᵭᶁᶑꝺꟈ',
  dz: 'ʣ',
  e: 'ɇεеҽҿ℮⋿ⴹꓰꬲꭼ𐊆𑣆𑣎ᴇєɛ🅔🅴🇪ǝɘəɚɝɞʚᴈᶒᶓᶔᶕⱸⱻꬳꬴᄐ',
  f: 'ƒϝքᖴᵮẝꓝꞙꬵ𐊇𐊥𐔥𑣂𝈓ꜰ🅕🅵🇫ᶂꝼꟻ',
  g: 'ƍǥɠɡԍցᏻᶃꓖꮐɢ🅖🅶🇬ʛᵷᵹꝿꞡꟑꬶ𝼁𝼂',
  h: 'ħɦнћңһӈӊհᏺᕼⱨⲏꓧꚕꮋꮒ𐋏ʜ🅗🅷🇭ɥʮʯⱶꞕꟶ',
  j: 'ɉʝϳјᒍꓙꭻᴊ🅙🅹🇯ȷɟʄ',
  k: 'ƙκкқҟᛕ₭ⱪⲕꓗꝁꮶ𐔘ᴋ🅚🅺🇰ĸʞᶄꝃꝅꞣ𝼃𝼐',
  l: 'ıłƚǀɨɩɪɫɭιіӏᒪᛁᵻᵼ∣⍳⍸⏽│ⲓⳑⵏꓡꓲꙇꭵꮮ𐊊𐌉𐌠𐑃𐔦𑣃𑣒𖼖𖼨𝈪ʟ🅛🅻🇱ȴɬᴉᴌᶅᶖⱡꝇꝉꞁꞎꞽꟷꬷꬸꬹ𝼄𝼑𝼓𝼚ǂǃʅꟾ❘❙❚⎜⎟⎢⎥⎪⎮⎸⎹▏▕┃╎╏┆┇┊┋丨ᅵレוןا١۱ߊ𞣇׀।',
  ll: 'ǁ‖∥𐆙',
  lo: 'ю⏨',
  ls: 'ʪ',
  lt: '₶',
  lz: 'ʫ',
  m: 'μϻмӎᗰᛖⲙꓟꮇ𐊰𐌑ᴍ🅜🅼🇲ɰᴟᶆꟺꟽꬺ',
  mb: '🝫',
  n: 'ƞɲɳηոռᵰⲛꓠ𐆎𐔓ɴ🅝🅽🇳ŋȵᴎᶇꞑꞥꬻꬼ𝼇𝼔',
  o: 'øɵθοσоѳөօ०০੦૦ଠ୦௦౦೦ഠ൦๐໐ဝ၀ჿዐᴏᴑ⊖⊝⍬ⲟⴱⵁⵔ〇ꓳꝋꬽꬾꭴꮎꮻ𐊒𐊫𐐬𐓪𐔖𑓐𑣈𑣕𑣗𑣠𝈚🜔🅞🅾🇴ɔᴐᴒᴓᴖᴗᶗⱺꝍꟁꬿ𝼛ʘ口ロ囗ᄋᆼסهھہەةۃ٥۵߀',
  oe: 'œɶᴔꭀꭁꭂꭢ',
  oo: '∞ꚙꝏ',
  p: 'ƥρрᑭᵽ⍴ⲣꓑꮲ𐊕ᴘꝑꝓ🅟🅿🇵þƿᵱᶈꝕꝥꝧꟼ',
  q: 'ʠԛգզⵕ🅠🆀🇶ɋꝗꝙꞯ',
  qe: '🜀',
  r: 'ɍɼɽʀгғᖇᴦᵲⲅꓣꭇꭈꭱꮁꮢ𐓜𖼵𝈖🅡🆁🇷ɹɺɻɾɿʁᴙᴚᵳᶉⱹꞃꞧꭅꭆꭉꭋꭌꭨ𝼈𝼕𝼖',
  rn: 'ɱᵯ₥𑜀𑣣',
  s: 'ƽʂѕտᵴꓢꜱꮥꮪ𐊖𐑈𑣁𖼺🅢🆂🇸ȿᶊẜꞅꞩꟊꟗꟙ𝼞',
  t: 'ŧƭʈτтҭᵵ₮⊤⍡⟙ⱦⲧꓔꭲ𐊗𐊱𐌕𖼊🝨ᴛ🅣🆃🇹ƫȶʇꞇ𝼉𝼍',
  t3: 'ꜩ',
  tf: 'ꝷ',
  ts: 'ʦ',
  u: 'ʉʋսሀᑌᴜᵾ∪⋃ꓴꞟꭎꭒꮜ𐓶𑣘𖽂🅤🆄🇺ʊᴝᴞᵿᶙꞹꞿꭏ',
  ue: 'ᵫ',
  uo: 'ꭣ',
  v: 'νѵᐯᴠ∨⋁ⴸꓦꛟꮩ𐆗𐔝𑜆𑣀𖼈𝈍🜈🅥🆅🇻ʌⱱⱴꝟט٧۷',
  vb: '🝬',
  w: 'ɯѡԝաᴡ₩ꓪꝡꮃꮤ𑓅𑜊𑜎𑜏𑣦𑣯🅦🆆🇼ɷʍⱳꞷꟃ',
  x: '×χхҳᕁᕽ᙭᙮ᚷ╳⤫⤬⨯⨰ⲭⵝꓫꭓ𐆖𐊐𐊴𐌗𐌢𐔧𑣬🅧🆇🇽ᶍꭖꭗꭘꭙ',
  y: '¥ƴɏɣʏγυуүұყᶌỿⲩꓬꭚꭹꮍ𐊲𑣜𖽃🅨🆈🇾ʎ𝼆',
  z: 'ƶȥʐζᴢᵶꓜꮓ𐋵𑣄𑣉𑣥🅩🆉🇿ɀʑᶎⱬꝣ',
  i: '🅘🅸🇮',
})
