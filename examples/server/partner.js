// Moves the bar of the access token's life. Without it, the page says what was left when it was opened.

const bar = document.querySelector('meter')
const words = document.querySelector('#left')
const left = bar.value
const opened = performance.now()

const show = () => {
  bar.value = Math.max(0, left - (performance.now() - opened))
  const seconds = Math.floor(bar.value / 1000)
  words.textContent =
    seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

setInterval(show, 1000)
