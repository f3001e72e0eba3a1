import type { ParsedUrlQuery } from 'node:querystring'
import { parseSubject } from '../pleo/subject.ts'
import { ResourceServerError } from './challenges.ts'
import { requestOf, toForbidden, type TokenContext } from './scope.ts'

declare const checked: unique symbol

/**
 * The id (UUID, in lower case) of a company that the token of this request may act for. Only {@link companyFor} and
 * {@link companiesFor} make one: a function that reads data of a company and asks for this type cannot be called without
 * the check.
 */
export type CompanyId = string & { readonly [checked]: 'CompanyId' }

/** The part of a context that {@link companyFor} needs. */
export interface CompanyContext extends TokenContext {
  readonly query: ParsedUrlQuery
}

/** How the company is named in the query. */
const parameters = ['company_id', 'companyId']

/**
 * Returns the one company that a request is about: the company of the token or, if the token is for an
 * organization, the company that the request names and that belongs to it now. A company that is named is never ignored: the query parameter
 * `company_id` (or `companyId`), and `named`. In another spelling (`company_id[]`, `CompanyID`) it is refused.
 *
 * @param named - the company, if a path or a body names it
 * @throws {@link ResourceServerError} with 400 if the request names no company, an invalid id or more than one company; with 403 if the token is not
 * for the company, which is the same answer for a company of somebody else and for one that does not exist
 * @throws TypeError if `named` is given and is not a text: a misspelled path parameter must not count as left out
 */
export async function companyFor(
  ctx: CompanyContext,
  ...named: readonly [string?]
): Promise<CompanyId> {
  if (named.some((one) => typeof one !== 'string')) {
    throw new TypeError('companyFor: the company that is named must be a text')
  }
  const id = toCompany(queried(ctx), named.map(String))
  const { subject } = requestOf(ctx).token
  if (subject.type === 'company') {
    if (id !== undefined && id !== subject.id) throw foreign(ctx)
    return subject.id as CompanyId
  }
  if (id === undefined) {
    throw malformed('company_id is missing: the access token is for an organization')
  }
  const own = await ownCompanies(ctx)
  if (!own.includes(id as CompanyId)) throw foreign(ctx)
  return id as CompanyId
}

/**
 * Returns every company that the token of a request may act for: its own, or those of its organization. If the
 * request names a company, returns only that one.
 *
 * @throws {@link ResourceServerError} as {@link companyFor} does
 */
export async function companiesFor(ctx: CompanyContext): Promise<readonly CompanyId[]> {
  const { subject } = requestOf(ctx).token
  return subject.type === 'company' || queried(ctx).length > 0
    ? [await companyFor(ctx)]
    : ownCompanies(ctx)
}

function queried({ query }: CompanyContext): readonly string[] {
  const wrong = Object.keys(query).find(
    (name) => !parameters.includes(name) && isMeantAsCompany(name),
  )
  if (wrong !== undefined) {
    throw malformed('the company is named by another parameter: its name must be company_id')
  }
  return parameters.flatMap((name) => query[name] ?? [])
}

/** In another spelling, the company that is named would be ignored. Brackets may follow the name, as of a list. */
const isMeantAsCompany = (name: string): boolean =>
  [name, name.replaceAll(/\[[^\]]*\]/g, '')].some(
    (text) => text.replaceAll(/[^a-z\d]/gi, '').toLowerCase() === 'companyid',
  )

/** The company that is named: at most once in the query, and the same one elsewhere. */
function toCompany(inQuery: readonly string[], elsewhere: readonly string[]): string | undefined {
  if (inQuery.length > 1) throw malformed('company_id is given more than once')
  // As the id in a subject URN is written.
  const ids = [...inQuery, ...elsewhere].map((text) => parseSubject(`urn:pleo:company:${text}`)?.id)
  const [id, ...others] = ids
  if (ids.length > 0 && id === undefined) throw malformed('the id of a company must be a UUID')
  if (others.some((other) => other !== id)) throw malformed('two different companies are named')
  return id
}

async function ownCompanies(ctx: TokenContext): Promise<readonly CompanyId[]> {
  const {
    token: { subject },
    companiesOf,
  } = requestOf(ctx)
  const ids = (await companiesOf?.(subject)) ?? []
  return ids.map((id) => id.toLowerCase() as CompanyId)
}

const foreign = (ctx: TokenContext): ResourceServerError =>
  toForbidden(ctx, 'the access token is not for that company')

const malformed = (description: string): ResourceServerError =>
  new ResourceServerError(400, 'invalid_request', description)
