import { defaultProductName, type Theme } from './theme.ts'
import { toPalette, type Palette } from './theme-colors.ts'

/** Draws the icon of a theme that has none: the first letter of the product, in the colours of the button of the first choice. */
export function drawIcon({ productName = defaultProductName, colors = {} }: Theme): string {
  const { dark = {}, ...light } = colors
  const letter = new Intl.Segmenter().segment(productName.trim()).containing(0)?.segment ?? ''
  // As a reference, every character is text in SVG.
  const text = Array.from(letter.toUpperCase(), (one) => `&#${one.codePointAt(0)};`).join('')
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">',
    `<style>${toRules(toPalette('light', light))}`,
    `@media (prefers-color-scheme: dark) { ${toRules(toPalette('dark', dark))} }</style>`,
    '<rect width="64" height="64" rx="14"/>',
    '<text x="32" y="47" font-family="system-ui, sans-serif" font-size="42" font-weight="700"',
    ` text-anchor="middle">${text}</text></svg>\n`,
  ].join('')
}

const toRules = ({ primary, primaryText }: Palette): string =>
  `rect { fill: ${primary} } text { fill: ${primaryText} }`
