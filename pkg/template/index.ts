export {
  createEngine,
  type Engine,
  type EngineOptions,
  type Outcome,
  type Rendered,
  type Template,
} from './engine.ts'
export type { Problem } from './problem.ts'
export { engineSource, type Source } from './source.ts'
