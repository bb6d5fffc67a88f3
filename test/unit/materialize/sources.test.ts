// What several stores, searches and rewrites give, and what becomes of items that are gone (decision 20).
import t from 'tap'
import { ExternalSecretSpec, type ItemValue } from '#api'
import { Fault, Sensitive } from '#core'
import { materialize, refsOf, storesOf } from '#materialize'
import { createEngine, engineSource } from '#template'

const engine = createEngine({
  source: engineSource(),
  setTimer: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
})
t.teardown(() => engine.close())

const item = (text: string): ItemValue => ({ type: 'STATIC_SECRET', text: Sensitive.text(text) })
const gone = (path: string) => new Fault('ItemNotFound', `item "${path}" not found`, { remedy: 'create it' })
const main = new Map<string, ItemValue | Fault>([
  ['/db@0', item('{"user":"demo","pw":"s3","list":[{"n":"a","v":1},{"n":"b","v":2}]}')],
  ['/apps/a@0', item('one')],
  ['/apps/b@0', item('{"x":"1"}')],
  ['/apps/empty@0', item('')],
  ['/gone@0', gone('/gone')],
  ['/gone2@0', gone('/gone2')],
  ['/denied@0', new Fault('AccessDenied', 'item "/denied" may not be read', { remedy: 'grant read on it' })],
])
const other = new Map<string, ItemValue | Fault>([['/db@0', item('{"user":"other"}')]])
const found = new Map<string, readonly string[] | Fault>([
  ['spec.dataFrom[0].find', ['/apps/a', '/apps/b', '/apps/empty']],
  ['spec.dataFrom[1].find', []],
  ['spec.dataFrom[2].find', new Fault('AccessDenied', 'may not list', { path: 'spec.dataFrom[2].find' })],
  ['spec.dataFrom[3].find', ['/gone']],
])
const secretStoreRef = { name: 'main', kind: 'SecretStore' }
const parse = (spec: object) => ExternalSecretSpec.parse({ secretStoreRef, ...spec })
const make = async (spec: object) => {
  const items = new Map([
    ['SecretStore/main', main],
    ['ClusterSecretStore/main', other],
  ])
  const made = await materialize(parse(spec), { items, found }, engine)
  if ('faults' in made) return made.faults.map(fault => `${fault.code} ${fault.line()}`)
  const missing = made.missing.map(({ path }) => path)
  const data = [...made.data].map(([key, value]) => `${key}=${value.reveal()}`)
  return missing.length > 0 ? { data, missing } : data
}
const entry = (key: string, secretKey: string, more: object = {}) => ({ secretKey, remoteRef: { key }, ...more })
const find = { name: { regexp: '.*' } }
const from = (index: number, part: object) => ({
  dataFrom: [...Array.from({ length: index }, () => ({ extract: { key: '/apps/b' } })), part],
})
const policy = (deletionPolicy: string, data: object[], more: object = {}) =>
  make({ target: { creationPolicy: 'Owner', deletionPolicy }, data, ...more })
const clusterSource = { sourceRef: { storeRef: { name: 'main', kind: 'ClusterSecretStore' } } }

const cases = [
  {
    name: 'each entry reads from its own store',
    got: make({
      data: [
        { secretKey: 'a', remoteRef: { key: '/db', property: 'user' } },
        { secretKey: 'b', remoteRef: { key: '/db', property: 'user' }, ...clusterSource },
      ],
    }),
    want: ['a=demo', 'b=other'],
  },
  {
    name: 'a query of gjson is answered by the engine',
    got: make({
      data: [
        { secretKey: 'q', remoteRef: { key: '/db', property: 'list.#(n=="b").v' } },
        { secretKey: 'n', remoteRef: { key: '/db', property: 'list.#' } },
        { secretKey: 'plain', remoteRef: { key: '/db', property: 'user' } },
      ],
    }),
    want: ['q=2', 'n=2', 'plain=demo'],
  },
  {
    name: 'a query that finds nothing is a missing property',
    got: make({ data: [{ secretKey: 'q', remoteRef: { key: '/db', property: 'list.#(n=="z").v' } }] }),
    want: [
      'PropertyNotFound spec.data[0].remoteRef.property: item "/db" has no property "list.#(n==\\"z\\").v" → name a property of its JSON value',
    ],
  },
  {
    name: 'found items have their paths for keys, without the empty ones',
    got: make(from(0, { find })),
    want: ['_apps_a=one', '_apps_b={"x":"1"}'],
  },
  {
    name: 'found items are renamed by a rewrite, and not converted',
    got: make(from(0, { find, rewrite: [{ regexp: { source: '^/apps/(.*)$', target: 'app.$1' } }] })),
    want: ['app.a=one', 'app.b={"x":"1"}'],
  },
  {
    name: 'a key that a rewrite leaves unfit is told at the rewrite',
    got: make(from(0, { find, rewrite: [{ regexp: { source: 'apps', target: 'x' } }] })),
    want: [
      'KeyInvalid spec.dataFrom[0].rewrite: rewrite gives the key "/x/a", which has a character other than letters, digits, - _ . → correct the rewrite',
      'KeyInvalid spec.dataFrom[0].rewrite: rewrite gives the key "/x/b", which has a character other than letters, digits, - _ . → correct the rewrite',
    ],
  },
  {
    name: 'a key that a rewrite empties is told, and not lost',
    got: make(from(0, { find, rewrite: [{ regexp: { source: '^/apps/(.)$', target: '$1_x' } }] })),
    want: ['/apps/a', '/apps/b'].map(
      name =>
        `KeyInvalid spec.dataFrom[0].rewrite[0].regexp.target: "${name}" becomes an empty key → write a group as $\{1} where letters, digits or _ follow it`,
    ),
  },
  {
    name: 'members of an object are renamed by a template',
    got: make({
      dataFrom: [{ extract: { key: '/apps/b' }, rewrite: [{ transform: { template: '{{ .value | upper }}-k' } }] }],
    }),
    want: ['X-k=1'],
  },
  { name: 'a search that finds nothing gives nothing', got: make(from(1, { find })), want: ['x=1'] },
  {
    name: 'a search that may not look fails',
    got: make(from(2, { find })),
    want: [
      'AccessDenied spec.dataFrom[2].find: may not list → grant read on the path to the access role of the identity',
    ],
  },
  {
    name: 'an item that goes while it is searched for is no reason to remove anything',
    got: make({ target: { deletionPolicy: 'Merge' }, ...from(3, { find }) }),
    want: ['ItemNotFound spec.dataFrom[3].find: item "/gone" not found → create it'],
  },
  {
    name: 'a missing item fails an object that is retained',
    got: policy('Retain', [entry('/db', 'a'), entry('/gone', 'b')]),
    want: ['ItemNotFound spec.data[1].remoteRef.key: item "/gone" not found → create it'],
  },
  {
    name: 'a missing item is passed over under Merge',
    got: policy('Merge', [entry('/apps/a', 'a'), entry('/gone', 'b')]),
    want: { data: ['a=one'], missing: ['spec.data[1].remoteRef.key'] },
  },
  {
    name: 'one missing item of two fails under Delete',
    got: policy('Delete', [entry('/apps/a', 'a'), entry('/gone', 'b')]),
    want: ['ItemNotFound spec.data[1].remoteRef.key: item "/gone" not found → create it'],
  },
  {
    name: 'under Delete all items may be gone together',
    got: policy('Delete', [entry('/gone', 'a'), entry('/gone2', 'b')]),
    want: { data: [], missing: ['spec.data[0].remoteRef.key', 'spec.data[1].remoteRef.key'] },
  },
  {
    name: 'an item that may not be read is never one that is gone',
    got: policy('Delete', [entry('/gone', 'a'), entry('/denied', 'b')]),
    want: [
      'ItemNotFound spec.data[0].remoteRef.key: item "/gone" not found → create it',
      'AccessDenied spec.data[1].remoteRef.key: item "/denied" may not be read → grant read on it',
    ],
  },
]
for (const { name, got, want } of cases) t.test(name, async t => t.same(await got, want))

t.test('stores are named once each, with the first field that does', async t => {
  const spec = parse({ data: [entry('/a', 'a', clusterSource), entry('/b', 'b', clusterSource)] })
  t.same(storesOf(spec), [
    { kind: 'SecretStore', name: 'main', path: 'spec.secretStoreRef', used: false },
    { kind: 'ClusterSecretStore', name: 'main', path: 'spec.data[0].sourceRef.storeRef', used: true },
  ])
  t.same([...refsOf(spec).refs.keys()], ['ClusterSecretStore/main'])
})
