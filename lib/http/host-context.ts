import type { Context } from 'koa'

const key = Symbol('host context')

/** Remembers in which context of the host's application a request came in. */
export function setHostContext(own: Context, host: Context): void {
  Object.assign(own, { [key]: host })
}

/** The context of the host's application, which has the host's session; our own where we stand alone. */
export function hostContext(own: object): Context {
  return ((own as { readonly [key]?: Context })[key] ?? own) as Context
}
