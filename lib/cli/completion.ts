import { Argument, Command } from 'commander'
import { print } from './terminal/print.ts'

const shells = ['bash', 'zsh', 'fish'] as const

type Shell = (typeof shells)[number]

/** Creates `completion`. It knows the commands from the program that it belongs to. */
export const createCompletionCommand = (): Command =>
  new Command('completion')
    .description('print a script with which a shell completes commands and options')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText(
      'after',
      `
A shell completes "pleo-oauth" if it is on the PATH, and not "npx pleo-oauth".

Examples:
  eval "$(pleo-oauth completion bash)"    # in ~/.bashrc
  eval "$(pleo-oauth completion zsh)"     # in ~/.zshrc, after compinit
  pleo-oauth completion fish > pleo-oauth.fish`,
    )
    .action(async (shell: Shell, _: object, { parent }: Command) => {
      if (parent) await print(scripts[shell](toLevels(parent)))
    })

interface Word {
  readonly text: string
  readonly description: string
}

/** The words that can be typed after a command. */
interface Level {
  /** The words that lead to it: `clients show`. */
  readonly path: string
  readonly words: readonly Word[]
  readonly options: readonly Word[]
}

/** The levels of a program, the deepest first. */
function toLevels(command: Command, path = ''): readonly Level[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices)
  const words = [
    ...commands.map((one) => ({ text: one.name(), description: one.description() })),
    ...choices.map((text) => ({ text, description: '' })),
  ]
  const options = help
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ text: long, description }] : []))
  const below = command.commands.flatMap((one) => toLevels(one, `${path} ${one.name()}`.trim()))
  return [...below, { path, words, options }]
}

const listOf = ({ words, options }: Level): string =>
  [...words, ...options].map(({ text }) => text).join(' ')

const scripts: Readonly<Record<Shell, (levels: readonly Level[]) => string>> = {
  bash: (levels) => `_pleo_oauth() {
  local list path="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  case "$path" in
${levels.map((level) => `    ${toPattern(level)}) list="${listOf(level)}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$list" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _pleo_oauth pleo-oauth`,
  zsh: (levels) => `#compdef pleo-oauth
_pleo_oauth() {
  local before="\${(j: :)words[2,CURRENT-1]}"
  local -a list
  case "$before" in
${levels.map((level) => `    ${toPattern(level)}) list=(${listOf(level)}) ;;`).join('\n')}
  esac
  compadd -a list || _files
}
compdef _pleo_oauth pleo-oauth`,
  fish: (levels) => levels.flatMap((level) => toFish(level)).join('\n'),
}

const toPattern = ({ path }: Level): string => (path === '' ? '*' : `"${path}"|"${path} "*`)

function toFish({ path, words, options }: Level): readonly string[] {
  const seen = path.split(' ').filter(Boolean)
  const below = words.map(({ text }) => text).join(' ')
  const conditions = [
    ...(seen.length === 0 ? ['__fish_use_subcommand'] : []),
    ...seen.map((word) => `__fish_seen_subcommand_from ${word}`),
    ...(seen.length > 0 && below !== '' ? [`not __fish_seen_subcommand_from ${below}`] : []),
  ]
  const start = `complete -c pleo-oauth -n '${conditions.join('; and ')}'`
  return [
    ...words.map((word) => `${start} -a ${word.text} ${toDescription(word)}`),
    ...options.map((word) => `${start} -l ${word.text.slice(2)} ${toDescription(word)}`),
  ]
}

const toDescription = ({ description }: Word): string =>
  `-d '${description.replaceAll(/[\\']/g, String.raw`\$&`)}'`
