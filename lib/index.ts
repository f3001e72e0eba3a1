export { createAuthorizationServer } from './authorization-server.ts'
export type { AuthorizationServer, ErrorPageEvents } from './server.ts'
export type {
  Account,
  Accounts,
  AccountsWithHostSignIn,
  AccountsWithPassword,
  GrantInfo,
  SignedInAtHost,
  OrganizationCompanies,
  SubjectChoice,
} from './pleo/accounts.ts'
export type {
  AuthorizationServerOptions,
  Lifetimes,
  Limit,
  LimitOptions,
  RegistrationOptions,
  ResourceServerOptions,
} from './config/options.ts'
export type { ViewsOptions } from './pages/views-options.ts'
export type {
  Connection,
  ConnectionGrant,
  Connections,
  RevokedBy,
  RevokedGrants,
} from './grants/connections.ts'
export type {
  ConnectionEvent,
  ConnectionEvents,
  ConnectionRevoked,
  RefreshRepeated,
  RevocationReason,
} from './grants/events.ts'
export type {
  ClientChangedItself,
  ClientChanges,
  ClientEvents,
  Clients,
  EndOldSecretsOptions,
  InitialAccessToken,
  InitialAccessTokenOptions,
  NewClientMetadata,
  RegistrationToken,
  RegistrationTokens,
  RotationOptions,
  UpdateOptions,
} from './clients/clients.ts'
export type {
  ClientSecretInfo,
  CreatedClient,
  RegisteredClient,
} from './clients/registered-client.ts'
export type { ClientMetadata } from './clients/members.ts'
export { generateClientSecret, isClientSecret } from './clients/secrets.ts'
export type { MountingCheckOptions } from './http/check-mounting.ts'
export type { Audit, AuditListener, NamedOperator } from './operations/audit.ts'
export type {
  AuditActor,
  AuditEvent,
  AuditFacts,
  AuditOperator,
} from './operations/audit-events.ts'
export type { ConsentedTerms } from './consent/interaction.ts'
export type { CloseOptions } from './operations/close.ts'
export type { Health, HealthAnswer, HealthPaths } from './operations/health.ts'
export type { Metrics, MetricsOptions } from './operations/metrics.ts'
export type { RefusedRequest } from './operations/refusal-records.ts'
export {
  ClientMetadataError,
  ClientResumedError,
  ConfigurationError,
  SigningKeyError,
  UnknownClientError,
  type ConfigurationIssue,
} from './errors.ts'
export type { ErrorPageEvent } from './http/error-page.ts'
export type { KeyRotationOptions, SigningKeyInfo, SigningKeys } from './keys/signing-keys.ts'
export type { HostWords } from './pleo/scopes.ts'
export type { LogoWarning } from './pages/logos/teller.ts'
export { pleoScopes, type ScopeCatalogue, type ScopeWords } from './pleo/scopes.ts'
export { parseSubject, type Subject, type SubjectType } from './pleo/subject.ts'
export type {
  Condense,
  Exchange,
  ExchangeResult,
  GrantStorage,
  Limiter,
  LimiterCount,
  LimiterRule,
  ListedGrant,
  LoadedGrant,
  NewToken,
  RecordModel,
  RecordStorage,
  Storage,
  StorageProblem,
  StoredGrant,
  // Its name in earlier versions.
  StoredGrant as EndedGrant,
  StoredPayload,
  StoredRefreshToken,
  TokenKind,
  UsedProof,
  UsedProofs,
} from './storage.ts'
export type { Introspection } from './grants/introspect.ts'
export type { ColorName, ColorScheme, SchemedColors, ThemeColors } from './pages/theme-colors.ts'
export type { CommonData } from './pages/common-data.ts'
export type {
  AnsweredData,
  CannotConnectData,
  ConnectionsData,
  ConsentData,
  DisconnectData,
  ErrorData,
  LoginData,
  Page,
  PageData,
  SelectAccountData,
  SignOutData,
} from './pages/page-data.ts'
export type {
  ShownAccount,
  ShownApplication,
  ShownClient,
  ShownConnection,
  ShownConnectionGroup,
  ShownResource,
  ShownScope,
  ShownSubject,
  ShownView,
} from './pages/shown-data.ts'
export type { Theme } from './pages/theme.ts'
