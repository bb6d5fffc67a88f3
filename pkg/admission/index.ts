export { admit, examine } from './admit.ts'
export { aliasPatch, mutate, type Operation } from './aliases.ts'
export { type Check, type Checks, together } from './check.ts'
export {
  type Context,
  type Draft,
  denialText,
  type Finding,
  type StoreLookup,
  stamp,
  warningTexts,
} from './findings.ts'
export { judge } from './judge.ts'
export { parseReview } from './review.ts'
export { catalogue, warning } from './rules/index.ts'
export { mostSyncWindows } from './rules/sync-windows.ts'
export { type TemplateCheckDeps, templateCheck, templateFindings } from './template.ts'
