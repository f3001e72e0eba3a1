export {
  adapterContract,
  type AdapterHarness,
  type MakeAdapter,
  type StoredEntry,
  type TestRunner,
} from './contract/adapter-contract.ts'
export type { Browser, Fields, Page } from './server/browser.ts'
export type { ClientToConnect, ConfidentialClient, TestClients } from './server/clients.ts'
export type { TestClock } from './server/clock.ts'
export type { ConnectOptions } from './server/connect.ts'
export type { TestConnection } from './server/connection.ts'
export { createTestServer } from './server/create-test-server.ts'
export type { TestFetch } from './server/fetch.ts'
export { FlowError } from './server/flow-error.ts'
export type {
  Credentials,
  TestCompanies,
  TestOrganizations,
  TestPeople,
  TestPerson,
  TestSubject,
} from './server/people.ts'
export type { PersonOptions, SignIn, TestAccount } from './server/person.ts'
export type { ProofKeys } from './server/proof.ts'
export type {
  RunningTestServer,
  TestServer,
  TestServerOptions,
  WrappedServerOptions,
  WrappedTestServer,
} from './server/test-server.ts'
export type { Introspection, Tokens } from './server/token-requests.ts'
