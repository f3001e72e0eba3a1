import type Provider from 'oidc-provider'

// What this server changes of oidc-provider beyond its documented interface stands here;
// test/provider/internals.test.ts fails when an upgrade changes this, or what other files rely on.

/** A grant as this server makes them. */
export type Grant = InstanceType<Provider['Grant']> & {
  /** URN of the company or organization it is for. */
  subject?: string
}

/** Makes grants keep their subject. Call it before any grant is made: the list is read once. */
export function keepSubjectInGrants(provider: Provider): void {
  const model = provider.Grant as unknown as { readonly IN_PAYLOAD: readonly string[] }
  Object.defineProperty(model, 'IN_PAYLOAD', { value: [...model.IN_PAYLOAD, 'subject'] })
}
