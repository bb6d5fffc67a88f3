export { missingKeys } from './certificate.ts'
export {
  type Answer,
  type EngineProblem,
  problemFault,
  type RenderedText,
  type TemplateEngine,
  type TemplateText,
  type Values,
} from './engine.ts'
export { compileExpression, type ExpressionProblem } from './expression.ts'
export type { Fetched, Items } from './fetched.ts'
export { findProblem, findQuery, select, type Turns } from './find.ts'
export { keyProblem } from './keys.ts'
export { type Placed, place } from './manifest/place.ts'
export { protectedKind } from './manifest/protected.ts'
export { readTarget } from './manifest/target.ts'
export { type Materialized, materialize } from './materialize.ts'
export { caCertificates, validityOf } from './pem.ts'
export { applied, thereIn, withoutProperty } from './push/apply.ts'
export { type ItemPush, isInRead, itemPath, type PushPart, type PushStore, pushKey } from './push/part.ts'
export { pathProblem } from './push/path.ts'
export { type PushPlan, planPush } from './push/plan.ts'
export type { PushSource } from './push/supply.ts'
export { templated } from './push/template.ts'
export { encodingOf } from './push/value.ts'
export {
  dataSites,
  extractSites,
  type FindSite,
  findSites,
  refsOf,
  type StoreName,
  storeId,
  storesOf,
  versionFaults,
} from './refs.ts'
export { unsupported, unsupportedPush } from './supported.ts'
export { hasActions } from './template/bytes.ts'
export { isLabelValue, isQualifiedName } from './template/metadata.ts'
export { type Part, renderParts } from './template/parts.ts'
export { replacesFetched, type SecretShape, type ShapedSecret, secretShape, shapeSecret } from './template/shape.ts'
export { mostSources, type Sources, sourceKey, type TemplateSource, templateSources } from './template/sources.ts'
