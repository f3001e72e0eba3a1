// Filters long lists while a person types. Every page works without it.

// Letters with a stroke or of two: no normal form takes them apart, and not every keyboard has them.
const plain = { æ: 'ae', œ: 'oe', ø: 'o', ß: 'ss', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' }

const fold = (text) =>
  text
    .normalize('NFKD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase()
    .replace(/[æœøßłđðþı]/g, (letter) => plain[letter])

for (const search of document.querySelectorAll('[data-filter]')) {
  const list = document.getElementById(search.dataset.filter)
  const input = search.querySelector('input')
  const status = search.querySelector('[role=status]')
  const items = list ? [...list.querySelectorAll('.choice')] : []
  const texts = new Map(items.map((item) => [item, fold(item.textContent)]))

  const filter = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean)
    let found = 0
    for (const item of items) {
      const matches = words.every((word) => texts.get(item).includes(word))
      // What is chosen stays in sight, whatever is searched for.
      const isChosen = item.querySelector(':checked') !== null
      item.hidden = !matches && !isChosen
      if (matches) found += 1
    }
    status.textContent = found === 0 ? status.dataset.none : ''
  }
  input.addEventListener('input', filter)
  // Enter in a search is not the answer to the question below it.
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault()
  })
  search.hidden = false
}
