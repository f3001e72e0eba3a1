import type { ColorScheme } from './theme-colors.ts'
import type { Direction, Formats } from './texts/formats.ts'
import type { Translator } from './texts/translator.ts'

/** The data that every template has, beside that of its own page. */
export interface CommonData {
  /** The language of the page (BCP 47), for the attribute `lang`. */
  readonly lang: string
  /** The direction of that language, for the attribute `dir`. */
  readonly dir: Direction
  /** The text at a path of the catalogues, with its values: `t('consent.allow')`. */
  readonly t: Translator['text']
  /** A day in words, in the person's time zone. If nobody knows that zone: the day and the time in UTC, with the zone named. */
  readonly formatDate: Formats['date']
  /** Names, one after the other. */
  readonly formatList: Formats['list']
  /** Names, of which any one will do: "Ana or Bo". */
  readonly formatAny: Formats['any']
  /** URL of the style sheet. */
  readonly stylesheet: string
  /** URL of the script that searches long lists, shows passwords and copies texts. No page needs it. */
  readonly script: string
  /** The name of the product: `theme.productName`. */
  readonly product: string
  /** URL of the logo: `theme.logo`. */
  readonly logo: string | null
  /** URL of the icon of browser tabs: `theme.icon`, or ours. */
  readonly favicon: string
  /** The colour behind the page in each scheme, for `<meta name="theme-color">`. */
  readonly themeColor: Readonly<Record<ColorScheme, string>>
  /** The option `views.locals` of the host. */
  readonly locals: Readonly<Record<string, unknown>>
}
