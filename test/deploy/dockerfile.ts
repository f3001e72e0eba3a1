import { readExample } from './files.ts'

/** An instruction of a Dockerfile. */
export interface Instruction {
  readonly name: string
  /** As it is written, in one line. */
  readonly text: string
}

/** What a container of an image has. */
export interface Image {
  readonly instructions: readonly Instruction[]
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
}

/** Reads the Dockerfile as far as it goes here: one stage, ENV with equals signs, commands in exec form. */
export function readDockerfile(): Image {
  const instructions = readExample('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, name = '', text = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
      return { name, text }
    })
  const all = (name: string): readonly string[] =>
    instructions.filter((one) => one.name === name).map(({ text }) => text)
  const last = (name: string): string => all(name).at(-1) ?? ''
  const env = all('ENV').flatMap((text) => text.split(/\s+/).map((pair) => pair.split('=', 2)))
  return {
    instructions,
    env: Object.fromEntries(env) as Record<string, string>,
    user: last('USER'),
    command: toExec(last('CMD')),
    healthcheck: toExec(last('HEALTHCHECK').replace(/^.*? CMD /, '')),
  }
}

const toExec = (text: string): readonly string[] => JSON.parse(text) as string[]
