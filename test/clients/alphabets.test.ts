import { expect, test } from 'vitest'
import { mixesAlphabets } from '../../lib/clients/names.ts'

test.each([
  ['of one alphabet', ['Nordvind', 'Сбербанк', 'Εθνική', 'پاسارگاد', 'הפועלים', 'ქართული', 'Հայ']],
  ['of Asia', ['ธนาคารกรุงเทพ', 'भारतीय', 'বাংলাদেশ', 'ཀ་ཁ', 'ဗမာ', 'ភាសា', 'வங்கி']],
  ['of East Asia', ['楽天ペイ', 'マネーフォワード', 'freee会計', '네이버pay', '国民은행', 'ㄅ北A']],
  [
    'with marks',
    ['Søren', 'Ngân', 'Hawaiʻi', 'O’Neill', 'L·L', 'N\u0303ame', 'بَنك', 'Ґа\u0301нок'],
  ],
  ['with digits', ['Ledger2', 'Х5', '1С', '٢٠٢٤', 'بنك٢', 'बैंक२', 'बैंक2', '第1']],
  ['of old scripts', ['𐌰𐌱𐌲', 'ᚠᚢᚦ']],
  ['of nothing but signs', ['&', '🍞', '', '—']],
])('a word %s mixes nothing', (_, words) => {
  expect(words.filter((word) => mixesAlphabets(word))).toEqual([])
})

test.each([
  ['in one name', ['Северный Books', 'بنك Misr', 'Banka भारत', 'Ω Software', 'ABC Ελλάς ООО']],
  ['with a sign between', ['Яндекс.Market', 'Альфа-Bank', 'North/Север', 'Иванов™', 'Bread🍞Хлеб']],
])('words of several alphabets %s mix nothing', (_, names) => {
  expect(names.filter((name) => mixesAlphabets(name))).toEqual([])
})

test.each([
  ['letters', ['Nоrthwind', 'Ωmega', 'Сбербаnk', 'βeta', 'Նorth', 'Northკ', 'ᏢLEO', 'Пльω']],
  ['letters of East Asia with others', ['楽Б', 'ペА', '네Ω', 'ひ네', 'ㄅか']],
  ['letters of old scripts with others', ['North𐌰', 'Runᚠ']],
  ['letters in other forms', ['С𝗯ank', 'Ｂанк', 'Ⓒ'.normalize('NFKD') + 'бер', 'Bаⁿk']],
  ['digits with letters', ['Ledger٢', 'Ledger२', 'Банк۲']],
  ['digits', ['1٢', '٢۲', 'بنك1٢', '२2']],
  ['marks', ['P\u05B0leo', 'Pl\u0E47eo', 'P\u0483leo', 'Ба\u093Fнк']],
])('a word with %s of several does', (_, words) => {
  expect(words.filter((word) => !mixesAlphabets(word))).toEqual([])
})
