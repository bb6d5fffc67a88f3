import t from 'tap'
import { type FaultCode, faults } from '#core'
import { callRecorder, catalogue, createMetrics, metricsPage, objectRecorder } from '#observe'

const samples = async (text: Promise<string>) => (await text).split('\n').filter(line => line && !line.startsWith('#'))

t.test('names, types and labels are these; a change breaks dashboards', async t => {
  t.matchOnly(
    Object.fromEntries(Object.entries(catalogue).map(([name, { type, labels }]) => [name, `${type}(${labels})`])),
    {
      externalsecret_sync_calls_total: 'counter(name,namespace)',
      externalsecret_sync_calls_error: 'counter(name,namespace)',
      externalsecret_status_condition: 'gauge(name,namespace,condition,status)',
      externalsecret_reconcile_duration: 'gauge(name,namespace)',
      externalsecret_provider_api_calls_count: 'counter(provider,call,status)',
      secretstore_status_condition: 'gauge(name,namespace,condition,status)',
      secretstore_reconcile_duration: 'gauge(name,namespace)',
      clustersecretstore_status_condition: 'gauge(name,namespace,condition,status)',
      clustersecretstore_reconcile_duration: 'gauge(name,namespace)',
      pushsecret_status_condition: 'gauge(name,namespace,condition,status)',
      pushsecret_reconcile_duration: 'gauge(name,namespace)',
      clusterexternalsecret_status_condition: 'gauge(name,namespace,condition,status)',
      clusterexternalsecret_reconcile_duration: 'gauge(name,namespace)',
      clusterpushsecret_status_condition: 'gauge(name,namespace,condition,status)',
      clusterpushsecret_reconcile_duration: 'gauge(name,namespace)',
      latchkey_admission_reviews_total: 'counter(webhook,kind,result)',
      latchkey_admission_seconds: 'histogram(webhook)',
      latchkey_gateway_call_seconds: 'histogram(call)',
      latchkey_faults_total: 'counter(kind,code)',
      latchkey_watch_restarts_total: 'counter(resource,reason)',
      latchkey_watch_missed_events_total: 'counter(resource)',
      latchkey_queue_depth: 'gauge(lane)',
      latchkey_queue_oldest_wait_seconds: 'gauge()',
      latchkey_queue_longest_run_seconds: 'gauge()',
      latchkey_events_dropped_total: 'counter()',
      latchkey_leader: 'gauge()',
      latchkey_certificate_not_after_seconds: 'gauge(certificate)',
    },
  )
})

t.test('the reference page has a row for each metric', async t => {
  for (const name of Object.keys(catalogue)) t.ok(metricsPage().includes(`| \`${name}\` |`), name)
})

t.test('every metric can be recorded and is printed', async t => {
  const metrics = createMetrics({ runtime: false })
  metrics.count('latchkey_watch_missed_events_total', { resource: 'secretstores' }, 3)
  metrics.set('latchkey_leader', {}, 1)
  metrics.observe('latchkey_admission_seconds', { webhook: 'validate' }, 0.002)
  const all = await samples(metrics.text())
  t.ok(all.includes('latchkey_watch_missed_events_total{resource="secretstores"} 3'))
  t.ok(all.includes('latchkey_leader 1'))
  t.ok(all.includes('latchkey_admission_seconds_bucket{le="0.001",webhook="validate"} 0'))
  t.ok(all.includes('latchkey_admission_seconds_bucket{le="0.0025",webhook="validate"} 1'))
  const text = await metrics.text()
  for (const name of Object.keys(catalogue)) t.ok(text.includes(`# TYPE ${name} `), name)
})

const object = { kind: 'ExternalSecret', namespace: 'n', name: 'x' } as const

t.test('a good sync shows as ESO shows it', async t => {
  const metrics = createMetrics({ runtime: false })
  objectRecorder(metrics).synced(object, { code: 'Synced', tookMs: 1.5 })
  t.same((await samples(metrics.text())).filter(line => line.startsWith('externalsecret')).sort(), [
    'externalsecret_reconcile_duration{name="x",namespace="n"} 1500000',
    'externalsecret_status_condition{name="x",namespace="n",condition="Ready",status="False"} 0',
    'externalsecret_status_condition{name="x",namespace="n",condition="Ready",status="True"} 1',
    'externalsecret_sync_calls_total{name="x",namespace="n"} 1',
  ])
})

t.test('a failed sync counts an error and its code, for every code', async t => {
  const metrics = createMetrics({ runtime: false })
  const codes = Object.keys(faults) as FaultCode[]
  for (const code of codes) objectRecorder(metrics).synced(object, { code, tookMs: 1 })
  const all = await samples(metrics.text())
  t.ok(all.includes(`externalsecret_sync_calls_error{name="x",namespace="n"} ${codes.length}`))
  t.ok(all.includes('externalsecret_status_condition{name="x",namespace="n",condition="Ready",status="False"} 1'))
  t.ok(all.includes('latchkey_faults_total{kind="ExternalSecret",code="ItemNotFound"} 1'))
})

for (const kind of ['ExternalSecret', 'SecretStore', 'ClusterSecretStore', 'PushSecret'] as const) {
  t.test(`a deleted ${kind} leaves no series, its neighbours stay`, async t => {
    const metrics = createMetrics({ runtime: false })
    const recorder = objectRecorder(metrics)
    const namespace = kind === 'ClusterSecretStore' ? undefined : 'n'
    for (const name of ['gone', 'stays'])
      recorder.synced({ kind, namespace, name }, { code: 'ItemNotFound', tookMs: 1 })
    recorder.removed({ kind, namespace, name: 'gone' })
    const all = await samples(metrics.text())
    t.same(
      all.filter(line => line.includes('name="gone"')),
      [],
    )
    t.ok(all.some(line => line.includes('name="stays"')))
  })
}

t.test('calls to Akeyless carry the names that ESO gives them', async t => {
  const metrics = createMetrics({ runtime: false })
  const record = callRecorder(metrics)
  record({ call: 'GetSecretValue', status: 'success', tookMs: 8 })
  record({ call: 'Auth', status: 'error', tookMs: 8 })
  const prefix = 'externalsecret_provider_api_calls_count{provider="AKEYLESSLESS/SecretsManager",call='
  t.same(
    (await samples(metrics.text())).filter(line => line.startsWith(prefix)),
    [`${prefix}"GetSecretValue",status="success"} 1`, `${prefix}"Auth",status="error"} 1`],
  )
  t.ok((await metrics.text()).includes('latchkey_gateway_call_seconds_bucket{le="0.01",call="Auth"} 1'))
})
