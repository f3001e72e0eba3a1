import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { createRequestValue } from '../http/request-context.ts'
import type { GrantStorage, Limiter, RecordStorage, Storage } from '../storage.ts'
import { toAnsweringGrant } from './answering-grant.ts'

// `request-budget.ts` answers 503 and 429 if there is no room for a request. `http/front.ts` sets `Retry-After`.

/** The storage did not answer, or refused. Nobody knows the result, so a client keeps what it has and tries again. */
class StorageUnavailable extends errors.OIDCProviderError {
  override readonly error_description =
    'the server cannot reach its storage at the moment, try again'
  /** A person who is sent back to the client would have to begin anew; here a reload goes on. */
  override readonly allow_redirect = false
  override readonly expose = true

  constructor(cause: unknown) {
    super(503, 'temporarily_unavailable', { cause })
    // It becomes part of no answer, but of what people log: an address, a user name.
    delete this.error_detail
  }
}

/** Watches the calls of one method of the storage, such as `grants.load` or `records.find`. */
export type WatchCalls = (method: string) => {
  /** Makes a call. */
  readonly call: <T>(work: () => Promise<T>) => Promise<T>
  /** @param duration - in milliseconds */
  readonly ended: (duration: number, isFailed: boolean) => void
}

/** Makes every failure of the storage end the request as unavailable, not as a "no". */
export function toAnsweringStorage(storage: Storage, watch: WatchCalls): Storage {
  const models = new Map<string, RecordStorage>()
  const watchRecords: WatchCalls = (name) => watch(`records.${name}`)
  return {
    deriveKeys: (purpose) => storage.deriveKeys(purpose),
    grants: toAnsweringGrants(storage.grants, (name) => watch(`grants.${name}`)),
    records(model) {
      const existing =
        models.get(model) ?? answering(storage.records(model), recordMethods, watchRecords)
      models.set(model, existing)
      return existing
    },
    onClientChange: (listener) => storage.onClientChange(listener),
  }
}

/** Does the same for a counter. */
export const toAnsweringLimiter = (limiter: Limiter, watch: WatchCalls): Limiter =>
  answering(limiter, ['count', 'giveBack'], (name) => watch(`limiter.${name}`))

const recordMethods = [
  'upsert',
  'insert',
  'swap',
  'ids',
  'find',
  'findByUid',
  'findByUserCode',
  'consume',
  'destroy',
] as const satisfies readonly (keyof RecordStorage)[]

const grantMethods = [
  'save',
  'load',
  'add',
  'exchange',
  'noteUse',
  'list',
  'remove',
  'end',
  'endAll',
] as const satisfies readonly (keyof GrantStorage)[]

/** A loaded grant may be decrypted only when a member is read. */
function toAnsweringGrants(grants: GrantStorage, watch: WatchCalls): GrantStorage {
  const answers = answering(grants, grantMethods, watch)
  return {
    ...answers,
    async load(grantId, accessToken) {
      const loaded = await answers.load(grantId, accessToken)
      return loaded && toAnsweringGrant(loaded, answered)
    },
  }
}

function answered<T>(look: () => T): T {
  try {
    return look()
  } catch (cause) {
    throw new StorageUnavailable(cause)
  }
}

type AsyncMethod = (...args: readonly unknown[]) => Promise<unknown>

function answering<T>(target: T, names: readonly (keyof T & string)[], watch: WatchCalls): T {
  const answer = (name: keyof T & string): AsyncMethod => {
    const { call, ended } = watch(name)
    return async (...args) => {
      const wait = waitOf(Provider.ctx)
      const start = performance.now()
      if (wait.open === 0) wait.since = start
      wait.open += 1
      let isFailed = false
      try {
        return await call(() => (target[name] as AsyncMethod).apply(target, args as never))
      } catch (cause) {
        isFailed = true
        throw new StorageUnavailable(cause)
      } finally {
        const end = performance.now()
        ended(end - start, isFailed)
        wait.open -= 1
        if (wait.open === 0) wait.total += end - wait.since
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, answer(name)])) as T
}

/**
 * How long a request waits for its storage in all before it asks no more, in milliseconds. The framework goes on
 * asking after a failure, to say where it happened and to keep the session: each time for nothing.
 */
const patience = 1000

interface Wait {
  /** Milliseconds of waits that are over. */
  total: number
  /** How many answers are waited for now, and since when. */
  open: number
  since: number
  /** The failure with which every further look ends. */
  failure?: StorageUnavailable
}

const waits = createRequestValue<Wait>('waits for the storage')

/** Makes every further look at the storage in a request fail as the last one did. Other errors change nothing. */
export function askNoMore(ctx: object, error: unknown): void {
  const wait = waits.get(ctx)
  if (wait && error instanceof StorageUnavailable) wait.failure = error
}

/**
 * The waits of a request. A call outside of a request has its own.
 *
 * @throws {@link StorageUnavailable} if the request asks no more
 */
function waitOf(ctx: object | undefined): Wait {
  const known = ctx && waits.get(ctx)
  if (known?.failure) throw known.failure
  if (known && known.total > patience) {
    throw new StorageUnavailable(new Error('the storage took too long in this request before'))
  }
  const wait = known ?? { total: 0, open: 0, since: 0 }
  if (ctx && !known) waits.set(ctx, wait)
  return wait
}

/** Tells what was answered with 503 together with what was answered with 500: both are ours to mend. */
export function reportUnavailableStorage(provider: Provider): void {
  const report = (ctx: KoaContextWithOIDC, error: Error): void => {
    if (error instanceof StorageUnavailable) provider.emit('server_error', ctx, error)
  }
  provider.on('authorization.error', report)
  provider.on('grant.error', report)
  provider.on('introspection.error', report)
  provider.on('pushed_authorization_request.error', report)
  provider.on('revocation.error', report)
}
