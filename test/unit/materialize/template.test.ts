import t from 'tap'
import { ExternalSecretSpec } from '#api'
import { secretShape, unsupported } from '#materialize'

const metadata = { labels: { team: 'a' }, annotations: { note: 'n' } }
const shape = (target: object) => secretShape(ExternalSecretSpec.parse({ target }), metadata)

const cases = [
  {
    name: 'takes all labels and annotations of the ExternalSecret without a template',
    target: {},
    want: { ...metadata, finalizers: [] },
  },
  {
    name: 'takes none of them with a template',
    target: { template: { type: 'kubernetes.io/tls' } },
    want: { type: 'kubernetes.io/tls', labels: {}, annotations: {}, finalizers: [] },
  },
  {
    name: 'takes those of the template',
    target: { template: { metadata: { labels: { x: '1' }, annotations: { y: '2' }, finalizers: ['z/z'] } } },
    want: { labels: { x: '1' }, annotations: { y: '2' }, finalizers: ['z/z'] },
  },
]
for (const { name, target, want } of cases) t.test(`a Secret ${name}`, async t => t.same(shape(target), want))

t.test('what the guides use is supported, all three refresh policies too', async t => {
  for (const refreshPolicy of ['CreatedOnce', 'Periodic', 'OnChange']) {
    const spec = ExternalSecretSpec.parse({
      refreshPolicy,
      secretStoreRef: { name: 'main' },
      target: { name: 'x', creationPolicy: 'Owner', template: { type: 'kubernetes.io/tls' } },
      data: [{ secretKey: 'tls.crt', remoteRef: { key: '/c', property: 'certificate_pem' } }],
      dataFrom: [{ extract: { key: '/path/to/the/json-secret' } }],
    })
    t.same(unsupported(spec), [])
  }
})
