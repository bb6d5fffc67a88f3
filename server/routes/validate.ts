import type { FastifyInstance } from 'fastify'
import { type Admit, type Examine, type ReviewDeps, reviewRoute } from './review.ts'

interface Verdicts {
  readonly admit: Admit
  readonly examine?: Examine | undefined
}

/** POST /validate: a defect denies, for nothing checks the object after us. */
export const validateRoute = (app: FastifyInstance, verdicts: Verdicts, deps: ReviewDeps): void =>
  reviewRoute(app, { ...deps, ...verdicts, name: 'validate', onDefect: 'deny' })
