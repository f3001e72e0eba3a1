export {
  adapterContract,
  type AdapterHarness,
  type MakeAdapter,
  type TestRunner,
} from './adapter-contract.ts'
