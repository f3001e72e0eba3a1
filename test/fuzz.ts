/** Runs the tests that draw their cases at random, with another seed than always and more cases, and says the seed. */
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const files = globSync('test/**/*.test.ts', { cwd: root }).filter((file) =>
  /\/support\/(fuzzing|unicode)\.ts'/.test(readFileSync(join(root, file), 'utf8')),
)
const seed = process.env['FUZZ_SEED'] || String(randomInt(1, 1_000_000_000))
const times = process.env['FUZZ_TIMES'] || '10'
const repeat = `to run the same cases again: FUZZ_SEED=${seed} FUZZ_TIMES=${times} npm run fuzz\n`
process.stdout.write(repeat)
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const given = process.argv.slice(2)
const filters = given.some((one) => one.startsWith('test/')) ? given : [...files, ...given]
const { status } = spawnSync(process.execPath, [vitest, 'run', ...filters], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FUZZ_SEED: seed, FUZZ_TIMES: times },
})
process.stdout.write(repeat)
process.exitCode = status ?? 1
