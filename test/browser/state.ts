import type { Page } from 'playwright-core'

/** Where the servers are that show the states. */
export interface Servers {
  /** The running example, with the people and clients of the tests. */
  readonly example: string
  /** A server with a catalogue of forty scopes. */
  readonly forty: string
  /** A server whose pages are in Arabic as well. */
  readonly arabic: string
}

/** A state of a page that people see. */
export interface State {
  readonly name: string
  /** What has to stand on the page, so that no other page is looked at by mistake. */
  readonly shows: string
  readonly open: (page: Page, servers: Servers) => Promise<void>
}
