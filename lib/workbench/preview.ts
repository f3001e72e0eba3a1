/** The door of the workbench for the command line, which shows and copies the templates. */
export { findTemplateMistakes } from './template-check.ts'
export { listBundledTemplates } from './check/template.ts'
export { createSamples, type Samples } from './samples.ts'
export { sampleLogoPath } from './samples/parts.ts'
export { loadAssets } from '../pages/assets.ts'
export { bundledViews } from '../pages/files.ts'
export type { Page, PageData } from '../pages/page-data.ts'
export { createViews, type Views } from '../pages/pages.ts'
export { isTimeZone } from '../pages/reader.ts'
export { isFolder } from '../pages/texts/check-locales.ts'
export { directionOf, type Direction } from '../pages/texts/formats.ts'
export {
  checkViewsOptions,
  type TemplateMistake,
  type ViewsOptions,
} from '../pages/views-options.ts'
