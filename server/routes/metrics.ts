import type { FastifyInstance } from 'fastify'
import type { Metrics } from '#observe'

/** /metrics in the Prometheus text format. */
export const metricsRoute = (app: FastifyInstance, deps: { metrics: Pick<Metrics, 'text' | 'contentType'> }): void => {
  app.get('/metrics', async (_, reply) => {
    const text = await deps.metrics.text()
    return reply.type(deps.metrics.contentType).send(text)
  })
}
