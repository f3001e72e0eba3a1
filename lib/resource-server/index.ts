export {
  VerificationUnavailableError,
  type AccessToken,
  type TokenVerifier,
  type VerifiedToken,
} from './access-token.ts'
export { bearer, type BearerOptions } from './bearer.ts'
export { companiesFor, companyFor, type CompanyContext, type CompanyId } from './company.ts'
export { introspection, type IntrospectionOptions } from './introspection.ts'
export { jwt, type JwtOptions } from './jwt.ts'
export { local, type LocalAuthorizationServer } from './introspection.ts'
export { protectedResource, type ProtectedResourceOptions } from './protected-resource.ts'
export { ResourceServerError } from './challenges.ts'
export type { CompaniesOf, TokenContext, BearerState } from './scope.ts'
export { requireScope, requireSubject } from './scope.ts'
export type { CacheOptions } from './token-cache.ts'
export { inProcess, type InProcessOptions } from './proofs.ts'
export type { UsedProof, UsedProofs } from '../storage.ts'
export { parseSubject, type Subject, type SubjectType } from '../pleo/subject.ts'
export type { ResourceServerWarning } from './watches.ts'
