export { adapterContract } from './contract/adapter-contract.ts'
export type { AdapterHarness, MakeAdapter, StoredEntry, TestRunner } from './contract/harness.ts'
export type { Browser } from './server/browser.ts'
export type { Fields, Page } from './server/forms.ts'
export type { ClientToConnect, ConfidentialClient, TestClients } from './server/test-clients.ts'
export type { TestClock } from './server/test-clock.ts'
export type { TestConnection } from './server/connection.ts'
export { createTestServer } from './server/create-test-server.ts'
export type { TestFetch } from './server/listening.ts'
export { FlowError } from './server/flow-error.ts'
export type {
  Credentials,
  TestCompanies,
  TestOrganizations,
  TestPeople,
  TestPerson,
  TestSubject,
} from './server/people.ts'
export type {
  ConnectOptions,
  PersonOptions,
  SignIn,
  TestAccount,
  TestServerOptions,
  WrappedServerOptions,
} from './server/given.ts'
export type { ProofKeys } from './server/client-proof.ts'
export type { RunningTestServer, TestServer, WrappedTestServer } from './server/test-server.ts'
export type { Introspection, Tokens } from './server/client-requests.ts'
