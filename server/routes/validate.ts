import type { FastifyInstance } from 'fastify'
import { type Admit, type ReviewDeps, reviewRoute } from './review.ts'

/** POST /validate: a defect denies, for nothing checks the object after us. */
export const validateRoute = (app: FastifyInstance, admit: Admit, deps: ReviewDeps): void =>
  reviewRoute(app, { ...deps, name: 'validate', admit, onDefect: 'deny' })
