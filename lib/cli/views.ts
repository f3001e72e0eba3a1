import { Command, InvalidArgumentError } from 'commander'
import type { PreviewOptions } from './preview/preview-server.ts'
import { sayingWhy } from './run.ts'

/** Creates `views` with its commands. They load the templates when they run, because no other command needs them. */
export const createViewsCommand = (): Command =>
  new Command('views')
    .description('Templates of the pages: copy them, look at them')
    .addCommand(createCopyCommand())
    .addCommand(createPreviewCommand())

const createCopyCommand = (): Command =>
  new Command('copy')
    .description('copy templates and the style sheet into a folder, to change them there')
    .argument('<dir>', 'the folder; it is made if it does not exist')
    .argument('[template...]', 'only these, for example "consent" or "styles.css"')
    .option('--force', 'overwrite existing files', false)
    .addHelpText(
      'after',
      `
Examples:
  pleo-oauth views copy views            # everything
  pleo-oauth views copy views consent    # the consent page only
  pleo-oauth views copy views --force    # everything, over existing files`,
    )
    .action((folder: string, names: readonly string[], { force }: { readonly force: boolean }) =>
      sayingWhy(async () => {
        const { copyViews } = await import('./copy-views.ts')
        for (const file of copyViews(folder, names, force)) console.log(file)
        console.log(`
Name the folder in the options of the server, views: { directories: ['${folder}'] }.
Delete the files that you do not change. The server then uses its own, which stay up to date.
Look at the pages with: npx pleo-oauth views preview ${folder}`)
      }),
    )

const createPreviewCommand = (): Command =>
  new Command('preview')
    .description('serve every page in every state on this machine, with reload on save')
    .argument('[dir...]', 'folders with templates, first match first')
    .option('--port <number>', 'port to listen on (default: a free one)', toPort)
    .option('--theme <file>', 'JSON file with the theme; a logo in it is relative to the file')
    .option('--locals <file>', 'JSON file with the locals of the templates')
    .option('--locales <dir...>', 'folders with texts, first match first')
    .option('--time-zone <name>', 'time zone of dates, for example Europe/Copenhagen')
    .addHelpText(
      'after',
      `
Examples:
  pleo-oauth views preview                             # our pages
  pleo-oauth views preview views                       # yours
  pleo-oauth views preview views --theme theme.json    # in your colours`,
    )
    .action((directories: readonly string[], options: PreviewOptions) =>
      sayingWhy(async () => {
        const { runPreview } = await import('./preview/preview-server.ts')
        await runPreview({ ...options, directories })
      }),
    )

function toPort(value: string): number {
  const port = Number(value)
  if (/^\d+$/.test(value) && port <= 65_535) return port
  throw new InvalidArgumentError('It must be a number from 0 to 65535.')
}
