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
export { classAnnotation, isMakerOf } from './foreign.ts'
export { judge, settled } from './judge.ts'
export { allowedPaths, allowsFolder, allowsItem, type PathUse } from './paths.ts'
export { parseReview } from './review.ts'
export { gatewayUrl } from './rules/gateway-url.ts'
export { adoptAnnotation, catalogue, warning } from './rules/index.ts'
export { dynamicRefresh, liveItem, liveStore, liveTarget, notChecked } from './rules/live.ts'
export { longLivedKey } from './rules/long-lived-key.ts'
export { itemPathDrafts } from './rules/path-allowed.ts'
export { mostStores } from './rules/push-stores.ts'
export { refreshesOf } from './rules/refresh-rate.ts'
export { mostSyncWindows } from './rules/sync-windows.ts'
export { withoutAudiences } from './rules/token-audience.ts'
export { fieldPath, schemaDrafts, valueAt } from './schema.ts'
export { type TemplateCheckDeps, templateCheck, templateFindings } from './template.ts'
