import type { FastifyInstance } from 'fastify'

/** /healthz: the process answers, nothing else, so that an outage elsewhere never restarts it (security.md F16). */
const health = 'ok\n'

/** /healthz and /readyz; `waitsFor` names what is still missing, a line each, empty when ready (decision 32). */
export const probeRoutes = (app: FastifyInstance, deps: { waitsFor: () => readonly string[] }): void => {
  app.get('/healthz', (_, reply) => reply.type('text/plain; charset=utf-8').send(health))
  app.get('/readyz', (_, reply) => {
    const missing = deps.waitsFor()
    const text = missing.length > 0 ? missing.map(line => `waits for ${line}\n`).join('') : health
    return reply
      .code(missing.length > 0 ? 503 : 200)
      .type('text/plain; charset=utf-8')
      .send(text)
  })
}
