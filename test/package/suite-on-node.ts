/** Runs the suite on the Node that runs this file, which must be of the major version asked for. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const major = process.argv[2]
process.stdout.write(`running on Node ${process.version}\n`)
if (process.versions.node.split('.')[0] !== major) {
  process.stderr.write(`asked for Node ${major}\n`)
  process.exit(1)
}
const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
// What stands nearest to Node: whole flows over HTTP, also in hosts of other frameworks, keys, the framework, clocks, and what Unicode it knows. All else runs
// once, on the Node of the repository.
const projects = ['--project', 'main', '--project', 'clock', '--project', 'processes']
const files = [
  'config',
  'flows',
  'provider',
  'testing',
  'clients/names',
  'clients/alphabets',
  'docs/recipes',
]
const filters = files.map((name) => `test/${name}`)
const args = [vitest, 'run', ...projects, ...filters, ...process.argv.slice(3)]
const { status } = spawnSync(process.execPath, args, {
  stdio: 'inherit',
  env: { ...process.env, NODE_MAJOR: major },
})
process.exitCode = status ?? 1
