import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { FaultOrder } from './faults.ts'
import { issueLines, SeedItem } from './seed.ts'
import type { Gateway } from './surface.ts'

type Act = (gateway: Gateway, body: unknown) => unknown

const act =
  <S extends z.ZodType>(schema: S, run: (gateway: Gateway, input: z.output<S>) => unknown): Act =>
  (gateway, body) =>
    run(gateway, schema.parse(body ?? {}))

const nothing = z.strictObject({})

/**
 * GET  /             { url, controlUrl, routes }
 * GET  /journal      [{ op, names, accessId, status, at, durationMs }], oldest first
 * GET  /items        [{ path, type, lastVersion, enabled, tags }]
 * GET  /leases       [{ id, path, accessId, user, expires }], the live ones
 * GET  /connections  { connections }: TCP connections accepted since start or reset
 */
const routes = [
  ...['journal', 'items', 'leases', 'connections'].map(name => `GET /${name}`),
  'POST /put {"path","type","value"}',
  'POST /rotate {"path","value"}',
  'POST /remove {"path"}',
  'POST /fail {"op","times","status","delayMs"}',
  'POST /rate-limit {"perSecond"}',
  'POST /shift-clock {"ms"}',
  'POST /revoke',
  'POST /reset',
]

const looks: Readonly<Record<string, (gateway: Gateway) => unknown>> = {
  '/': ({ url, controlUrl }) => ({ url, controlUrl, routes }),
  '/journal': gateway => gateway.journal(),
  '/items': gateway => gateway.items(),
  '/leases': gateway => gateway.leases(),
  '/connections': gateway => ({ connections: gateway.connections() }),
}

/**
 * POST /reset        {}: back to the seed; tokens, journal, faults, limit, clock and counters are forgotten
 * POST /put          an item as in the seed; takes the place of one with its path
 * POST /remove       { path }
 * POST /rotate       { path, value }: a new version
 * POST /revoke       {}: every token is forgotten
 * POST /fail         { op?, name?, times?, status?, headers?, body?, html?, delayMs?, reset?, truncate?, lose? }
 * POST /rate-limit   { perSecond }: per access id; null ends it
 * POST /shift-clock  { ms }: added to the clock
 * Each answers {}, or 400 { issues } where the body does not fit.
 */
const acts: Readonly<Record<string, Act>> = {
  '/reset': act(nothing, gateway => gateway.reset()),
  '/put': act(SeedItem, (gateway, item) => gateway.put(item)),
  '/remove': act(z.strictObject({ path: z.string() }), (gateway, { path }) => gateway.remove(path)),
  '/rotate': act(z.strictObject({ path: z.string(), value: z.json() }), (gateway, { path, value }) =>
    gateway.rotate(path, value),
  ),
  '/revoke': act(nothing, gateway => gateway.revoke()),
  '/fail': act(FaultOrder, (gateway, order) => gateway.fail(order)),
  '/rate-limit': act(z.strictObject({ perSecond: z.number().positive().nullable() }), (gateway, { perSecond }) =>
    gateway.rateLimit(perSecond ?? undefined),
  ),
  '/shift-clock': act(z.strictObject({ ms: z.number() }), (gateway, { ms }) => gateway.shiftClock(ms)),
}

/** The port that tests and people steer a gateway with, not yet listening. */
export const controlPort = (gateway: () => Gateway): FastifyInstance => {
  const app = fastify({ forceCloseConnections: true })
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof z.ZodError) return reply.code(400).send({ issues: issueLines(error) })
    return reply.code(400).send({ issues: ['the request cannot be read or names no item'] })
  })
  for (const [path, look] of Object.entries(looks)) app.get(path, async () => look(gateway()))
  for (const [path, run] of Object.entries(acts))
    app.post(path, async request => {
      await run(gateway(), request.body)
      return {}
    })
  return app
}
