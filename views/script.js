// Searches long lists, shows passwords and copies texts. Every page works without it.

// Letters with a stroke or of two: no normal form takes them apart, and not every keyboard has them.
const plain = { æ: 'ae', œ: 'oe', ø: 'o', ß: 'ss', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' }

const fold = (text) =>
  text
    .normalize('NFKD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase()
    .replace(/[æœøßłđðþı]/g, (letter) => plain[letter])
    // The hyphen that keeps a word on one line, which no keyboard has.
    .replaceAll('\u2010', '-')

const numbers = new Intl.NumberFormat(document.documentElement.lang)

/** So long that a screen reader does not count at each letter of a word. */
const pause = 400

for (const search of document.querySelectorAll('[data-filter]')) {
  const list = document.getElementById(search.dataset.filter)
  if (!list) continue
  const input = search.querySelector('input')
  const status = search.querySelector('[role=status]')
  const items = [...list.querySelectorAll('.choice, .connection')]
  const groups = [...list.querySelectorAll('.group')]
  const openFirst = new Set(groups.filter((group) => group.open))
  const headingOf = (item) => item.closest('.group')?.querySelector('summary').textContent ?? ''
  const texts = new Map(items.map((item) => [item, fold(headingOf(item) + item.textContent)]))
  let announcement

  const filter = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean)
    const matches = (item) => words.every((word) => texts.get(item).includes(word))
    const found = new Set(items.filter(matches))
    for (const item of items) {
      // The chosen one stays in sight, whatever is searched for.
      item.hidden = !found.has(item) && item.querySelector(':checked') === null
    }
    for (const group of groups) {
      group.hidden = group.querySelector('.connection:not([hidden])') === null
      group.open = words.length > 0 || openFirst.has(group)
    }
    list.hidden = items.every((item) => item.hidden)
    clearTimeout(announcement)
    announcement = setTimeout(() => {
      status.textContent = words.length > 0 ? toWords(found.size) : ''
    }, pause)
  }
  const toWords = (found) =>
    found === 0
      ? status.dataset.none
      : status.dataset.found
          .replace('{found}', numbers.format(found))
          .replace('{total}', numbers.format(items.length))

  input.addEventListener('input', filter)
  // Enter in a search is not the answer to the question below it.
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault()
  })
  search.hidden = false

  // A choice begins with the search, unless that would scroll the question away or bring up a keyboard over it.
  const isInSight = input.getBoundingClientRect().bottom <= innerHeight
  const isFree = document.activeElement === document.body && !document.querySelector('[autofocus]')
  const isUndecided = list.querySelector(':invalid') && isFree
  if (isUndecided && isInSight && matchMedia('(pointer: fine)').matches) input.focus()
}

for (const button of document.querySelectorAll('[data-reveal]')) {
  const input = document.getElementById(button.dataset.reveal)
  const [show, hide] = [button.textContent, button.dataset.hide]
  const reveal = (isShown) => {
    input.type = isShown ? 'text' : 'password'
    button.textContent = isShown ? hide : show
  }
  button.addEventListener('click', () => reveal(input.type === 'password'))
  // A person who clicks in the middle of typing goes on typing.
  button.addEventListener('mousedown', (event) => event.preventDefault())
  input.form.addEventListener('submit', () => reveal(false))
  button.hidden = false
}

for (const button of document.querySelectorAll('[data-copy]')) {
  const source = document.getElementById(button.dataset.copy)
  const status = button.parentElement.querySelector('[role=status]')
  const copy = async () => {
    await navigator.clipboard.writeText(source.textContent)
    status.textContent = button.dataset.copied
  }
  button.addEventListener('click', () => void copy())
  button.hidden = !navigator.clipboard
}
