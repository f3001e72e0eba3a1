import type { HostWords } from 'pleo-oauth-server'

/** In front of the number of companies: a label needs no plural forms. */
const companies: HostWords = {
  en: 'Companies:',
  da: 'Virksomheder:',
  de: 'Unternehmen:',
  es: 'Empresas:',
  fi: 'Yritykset:',
  fr: 'Entreprises\u00A0:',
  it: 'Aziende:',
  nb: 'Selskaper:',
  nl: 'Bedrijven:',
  pt: 'Empresas:',
  sv: 'Företag:',
}

/** The number of companies in the words of a language. */
export const companiesIn = (language: string, count: number): string =>
  `${companies[language] ?? companies.en} ${count}`

/** The reason if nobody can connect a company. The authorization server chooses the language. */
export const noAdministrator: HostWords = {
  en: 'Only an administrator can connect apps, and there is none right now.',
  da: 'Kun administratorer kan tilslutte apps, og virksomheden har ingen lige nu.',
  de: 'Nur Admins können Apps verbinden, und zurzeit gibt es keine.',
  es: 'Solo un administrador puede conectar aplicaciones y ahora mismo no hay ninguno.',
  fi: 'Vain pääkäyttäjä voi yhdistää sovelluksia, eikä pääkäyttäjää ole tällä hetkellä.',
  fr: 'Seul un administrateur peut connecter des applications, et il n’y en a aucun pour le moment.',
  it: 'Solo un amministratore può collegare app e al momento non ce n’è nessuno.',
  nb: 'Bare administratorer kan koble til apper, og selskapet har ingen akkurat nå.',
  nl: 'Alleen een beheerder kan apps koppelen, en die is er momenteel niet.',
  pt: 'Só um administrador pode conectar aplicações e, neste momento, não há nenhum.',
  sv: 'Bara administratörer kan ansluta appar, och företaget har ingen just nu.',
}
