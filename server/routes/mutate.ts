import type { FastifyInstance } from 'fastify'
import { type Admit, type ReviewDeps, reviewRoute } from './review.ts'

/** POST /mutate: a defect lets the object pass unchanged, for /validate judges what comes out of it. */
export const mutateRoute = (app: FastifyInstance, mutate: Admit, deps: ReviewDeps): void =>
  reviewRoute(app, { ...deps, name: 'mutate', admit: mutate, onDefect: 'allow' })
