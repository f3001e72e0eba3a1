import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createConsumerFolder, root } from './consumer-folder.ts'
import { endAfterTest } from './fixtures.ts'
import { freePorts } from './free-ports.ts'
import { send } from './requests.ts'
import { surroundings } from './surroundings.ts'
import { waitUntil } from './redis-server.ts'

/** The files that docs/embedding.md and docs/recipes.md show. */
export const recipeFolder: string = join(root, 'test/docs/embedding')

export const recipeSecret = 'the-secret-of-northwind-in-the-tests'

/** A backend that is written as one of the recipes is. */
export interface RecipeBackend {
  readonly origin: string
  readonly issuer: string
  /** What it wrote so far, warnings of the process among it. */
  readonly said: () => string
  /** Asks it to end. */
  readonly terminate: () => void
  /** How it ended: a code, or null if a signal ended it. */
  readonly ended: Promise<number | null>
}

/** Starts a recipe in a process of its own. */
export async function startRecipe(file: string): Promise<RecipeBackend> {
  const [port] = await freePorts()
  const origin = `http://localhost:${port}`
  const env = {
    ...surroundings,
    PORT: String(port),
    ORIGIN: origin,
    COOKIE_KEY: 'a key for the cookies of the recipes',
    NORTHWIND_SECRET: recipeSecret,
  }
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  endAfterTest({ kill: () => child.kill('SIGKILL') })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  await waitUntil('it is ready', async () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${said}`)
    const { status } = await send(`${origin}/health/ready`).catch(() => ({ status: 0 }))
    return status === 200
  })
  const terminate = (): void => void child.kill('SIGTERM')
  return { origin, issuer: `${origin}/auth`, said: () => said, terminate, ended }
}

/** Compiles the recipe of NestJS: its decorators need a compiler. Returns the file to start. */
export async function compileNest(): Promise<string> {
  const folder = createConsumerFolder()
  endAfterTest(folder)
  writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ type: 'module' }))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const project = join(recipeFolder, 'nestjs')
  const places = ['--outDir', folder.path, '--rootDir', recipeFolder]
  await promisify(execFile)(process.execPath, [
    compiler,
    '--project',
    project,
    '--noEmit',
    'false',
    ...places,
  ])
  return join(folder.path, 'nestjs/main.js')
}
