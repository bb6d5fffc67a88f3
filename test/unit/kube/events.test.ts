import t from 'tap'
import { eventRecorder } from '../../../pkg/kube/index.ts'

const about = (namespace: string) => ({
  kind: 'ExternalSecret' as const,
  apiVersion: 'external-secrets.io/v1',
  namespace,
  name: 'app',
  uid: namespace,
})

t.test('a namespace that floods the events loses its own, not those of others', async t => {
  const posted = new Map<string, number>()
  const cluster = {
    request: async ({ path }: { path: string }) => {
      const namespace = path.split('/')[4] ?? ''
      posted.set(namespace, (posted.get(namespace) ?? 0) + 1)
    },
  }
  const recorder = eventRecorder({ cluster: cluster as never, instance: 'pod', date: () => new Date() })
  const tell = (namespace: string, message: string) =>
    recorder.record(about(namespace), { type: 'Warning', reason: 'Any', message })
  for (let index = 0; index < 1000; index += 1) tell('loud', `${index}`)
  tell('quiet', 'once')
  await recorder.flushed()
  t.equal(posted.get('loud'), 511)
  t.equal(posted.get('quiet'), 1)
  t.equal(recorder.dropped(), 489)
  for (let index = 0; index < 1000; index += 1) tell(index % 2 ? 'loud' : 'other', `again ${index}`)
  await recorder.flushed()
  t.match([posted.get('loud'), posted.get('other')], [511 + 256, 256], 'two that flood share it')
})
