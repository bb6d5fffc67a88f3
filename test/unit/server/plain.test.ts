import t from 'tap'
import { request } from 'undici'
import { createLog, createMetrics } from '#observe'
import { createPlainApp } from '../../../server/app.ts'
import { metricsRoute } from '../../../server/routes/metrics.ts'
import { probeRoutes } from '../../../server/routes/probes.ts'
import { servingNames } from '../../../server/tls.ts'

const log = createLog({ level: 'error', to: { write: () => {} } })

t.test('readiness names what is waited for, health does not care', async t => {
  let missing = ['the CRDs of external-secrets.io', 'a serving certificate']
  const app = createPlainApp({ routes: routes => probeRoutes(routes, { waitsFor: () => missing }), log })
  t.teardown(() => app.close({ graceMs: 0 }))
  const { port } = await app.listen({ host: '127.0.0.1', port: 0 })
  const get = async (path: string) => {
    const reply = await request(`http://127.0.0.1:${port}${path}`)
    return { status: reply.statusCode, text: await reply.body.text() }
  }
  t.same(await get('/readyz'), {
    status: 503,
    text: 'waits for the CRDs of external-secrets.io\nwaits for a serving certificate\n',
  })
  t.same(await get('/healthz'), { status: 200, text: 'ok\n' })
  missing = []
  t.same(await get('/readyz'), { status: 200, text: 'ok\n' })
  t.equal((await get('/metrics')).status, 404)
})

t.test('metrics are served as Prometheus text', async t => {
  const metrics = createMetrics({ runtime: true })
  const app = createPlainApp({ routes: routes => metricsRoute(routes, { metrics }), log })
  const reply = await app.fastify.inject({ url: '/metrics' })
  t.match(reply.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  t.match(reply.body, /# TYPE latchkey_leader gauge/)
  t.match(reply.body, /process_resident_memory_bytes \d+/)
})

t.test('the certificate names the Service in three spellings and the host of a URL', async t => {
  const at = { service: 'latchkey', namespace: 'latchkey-system' }
  const inCluster = ['latchkey', 'latchkey.latchkey-system', 'latchkey.latchkey-system.svc']
  t.same(servingNames(at), { dns: inCluster, ip: [] })
  t.same(servingNames({ ...at, url: new URL('https://10.0.0.7:10250') }), { dns: inCluster, ip: ['10.0.0.7'] })
  t.same(servingNames({ ...at, url: new URL('https://[::1]:1') }), { dns: inCluster, ip: ['::1'] })
  t.same(servingNames({ ...at, url: new URL('https://dev.example') }), { dns: [...inCluster, 'dev.example'], ip: [] })
})
