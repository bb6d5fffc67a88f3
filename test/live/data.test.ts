// The data side of ExternalSecrets, from the manifest to the bytes of the Secret: what is searched, renamed, decoded and looked up in
// JSON, through several stores, and what each costs in calls.
import t from 'tap'
import type { SeedInput } from '#devgateway'
import { namespace as namespaceFor } from '../support/cluster.ts'
import { accessKey } from '../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  pathsOf,
  readyOf,
  remove,
  secretStore,
  storeSpec,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

const main = 'p-admin0admin0ab'
const other = 'p-other0other0ab'
const foreign = 'p-foreign0foreig'
const all = ['read', 'list'] as const
const text = (path: string, value: string, more: object = {}) =>
  ({ path, type: 'STATIC_SECRET', value, ...more }) as const
const lookedUp =
  '{"list":[{"name":"a","v":1.50},{"name":"b","v":{"deep":"<&>"}}],"a.b":"dotted","a":{"b":"deep"},"n":null}'
const lines = { a: '{"user":"a","only-a":1.0}', b: '{"user":"b","html":{"k":"<"}}' }
const seed = {
  identities: [
    { type: 'api_key', accessId: main, accessKey, rules: [{ path: '/*', allow: [...all] }] },
    { type: 'api_key', accessId: other, accessKey, rules: [{ path: '/other/*', allow: [...all] }] },
    { type: 'api_key', accessId: foreign, accessKey, rules: [{ path: '/third/*', allow: [...all] }] },
  ],
  items: [
    text('/found/web/user', 'u', { tags: ['web'] }),
    text('/found/web/pass', 'p', { tags: ['web', 'odd one'] }),
    text('/found/db/user', 'd'),
    text('/found/db/empty', ''),
    { path: '/found/cert', type: 'CERTIFICATE', certificate: 'CERT', key: 'KEY', tags: ['odd one'] },
    { path: '/found/rotated', type: 'ROTATED_SECRET', value: { username: 'root', password: 'r' } },
    text('/not/found/web/user', 'no'),
    ...Array.from({ length: 25 }, (_, index) => text(`/many/${String(index).padStart(2, '0')}`, String(index))),
    text('/maps/a', lines.a),
    text('/maps/b', lines.b),
    text('/nested', '{"one":{"x":"1"},"two":{"y":"2"}}'),
    text('/odd', '{"a b":"space","x-1":"one","/slash":"s"}'),
    text('/std', Buffer.from([0xff, 0xfe, 0x00, 0x41]).toString('base64')),
    text('/url', Buffer.from([0xff, 0xfb, 0xff]).toString('base64url')),
    text('/plain', 'not base64!'),
    text('/versions', 'third', { versions: ['first', 'second'] }),
    text('/json', lookedUp),
    text('/other/item', 'from other'),
    text('/third/item', 'from third'),
    { path: '/dynamic', type: 'DYNAMIC_SECRET', ttlMinutes: 30 },
  ],
} satisfies SeedInput

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()
const gateway = await startTlsGateway(t, seed, { quirks: { autoPagination: false, pageSize: 4 } })
// of the whole cluster, since a ClusterSecretStore is used; its class keeps the other test files out
const controller = `class-${namespace}`
await startLatchkey(t, { gateway, args: ['--controller-class', controller] })
const store = (name: string, spec: object) => secretStore(name, { controller, ...spec })
await create(paths.secrets, credentials({ accessId: main }))
await create(paths.stores, store('store', storeSpec()))
await whenReady(t, `${paths.stores}/store`)

const esOf = (name: string) => `${paths.externalSecrets}/${name}`
/** Calls by operation since `from`; logins apart, which a store that is not ready makes at its own time. */
const callsSince = (from: number): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { op } of gateway.journal().slice(from)) if (op !== 'auth') counts[op] = (counts[op] ?? 0) + 1
  return counts
}
/** What the Secret holds, and what it cost. */
const make = async (name: string, spec: object) => {
  const from = gateway.journal().length
  await create(paths.externalSecrets, externalSecret(name, spec))
  await whenReady(t, esOf(name))
  return { data: textsOf(await get(`${paths.secrets}/${name}`)), calls: callsSince(from) }
}
/** The message of one that fails, and what it cost. */
const fail = async (name: string, spec: object) => {
  const from = gateway.journal().length
  await create(paths.externalSecrets, externalSecret(name, spec))
  const object = await whenReady(t, esOf(name), 'False')
  t.equal(await get(`${paths.secrets}/${name}`), undefined, 'and no Secret')
  return { message: String(readyOf(object).message), faults: object.status.faults, calls: callsSince(from) }
}

t.test('find by name and path: every page, certificates and rotated items too, whole paths as keys', async t => {
  const { data, calls } = await make('found', {
    dataFrom: [{ find: { path: '/found', name: { regexp: '/(user|cert|rot)' } } }],
  })
  t.same(data, {
    _found_cert: '{"certificate_pem":"CERT","private_key_pem":"KEY"}',
    _found_db_user: 'd',
    _found_rotated: '{"password":"r","username":"root"}',
    _found_web_user: 'u',
  })
  t.same(calls, { 'list-items': 2, 'get-secret-value': 1, 'get-rotated-secret-value': 1, 'get-certificate-value': 1 })
})

t.test('find by path alone takes all below it, but not what is empty', async t => {
  const { data, calls } = await make('below', { dataFrom: [{ find: { path: '/found/db/' } }] })
  t.same(data, { _found_db_user: 'd' })
  t.same(calls, { 'list-items': 1, 'get-secret-value': 1 })
})

t.test('find by tags: each tag is asked for, and an item with both comes once', async t => {
  const { data, calls } = await make('tagged', { dataFrom: [{ find: { tags: { any: 'web', key: 'odd one' } } }] })
  t.same(Object.keys(data).sort(), ['_found_cert', '_found_web_pass', '_found_web_user'])
  t.same(calls, { 'list-items': 2, 'get-secret-value': 1 }, 'the other two are remembered from the search before')
})

t.test('a listing of many pages is read to its end, its values in one call', async t => {
  const { data, calls } = await make('many', { dataFrom: [{ find: { path: '/many', name: { regexp: '.' } } }] })
  t.equal(Object.keys(data).length, 25)
  t.same(calls, { 'list-items': 7, 'get-secret-value': 1 })
})

t.test('two searches of one folder and a ref to what they find cost one listing and one read', async t => {
  const find = (regexp: string) => ({ find: { path: '/maps', name: { regexp } } })
  const data = [entry('again', '/maps/a', 'user')]
  const made = await make('shared', { dataFrom: [find('a$'), find('/b')], data })
  t.same(made.data, { again: 'a', _maps_a: lines.a, _maps_b: lines.b })
  t.same(made.calls, { 'list-items': 1, 'get-secret-value': 1 }, 'the listing tells the type of the ref too')
})

const regexp = (source: string, target: string) => ({ regexp: { source, target } })
const transform = (template: string) => ({ transform: { template } })
const merge = (more: object = {}) => ({
  merge: { into: '', priorityPolicy: 'Strict', conflictPolicy: 'Error', strategy: 'Extract', ...more },
})
const maps = { find: { path: '/maps', name: { regexp: '.' } } }
const rewrites: Readonly<Record<string, { entry: object; gives: Readonly<Record<string, string>> }>> = {
  'regexp of a search': {
    entry: {
      find: { path: '/found', name: { regexp: 'user$' } },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Go writes a group so
      rewrite: [regexp('^/found/(\\w+)/(?P<what>.*)$', '$1.${what}')],
    },
    gives: { 'web.user': 'u', 'db.user': 'd' },
  },
  'regexp of an extract': {
    entry: { extract: { key: '/odd' }, rewrite: [regexp('[^a-z]', '')] },
    gives: { ab: 'space', slash: 's', x: 'one' },
  },
  'transform of a search': {
    entry: {
      find: { path: '/found', name: { regexp: 'db/user$' } },
      rewrite: [transform('{{ .value | base | upper }}-{{ len .value }}')],
    },
    gives: { 'USER-14': 'd' },
  },
  'transform of an extract': {
    entry: { extract: { key: '/maps/a' }, rewrite: [transform('MAP_{{ .value | replace "-" "_" }}')] },
    gives: { MAP_user: 'a', MAP_only_a: '1.0' },
  },
  'merge of a search, the later key wins': {
    entry: { ...maps, rewrite: [merge({ conflictPolicy: 'Ignore' })] },
    gives: { user: 'b', 'only-a': '1', html: '{"k":"\\u003c"}' },
  },
  'merge of a search, priority wins': {
    entry: { ...maps, rewrite: [merge({ conflictPolicy: 'Ignore', priority: ['/maps/a'] })] },
    gives: { user: 'a', 'only-a': '1', html: '{"k":"\\u003c"}' },
  },
  'merge into one key, after a regexp': {
    entry: {
      ...maps,
      rewrite: [regexp('^/maps/', ''), merge({ conflictPolicy: 'Ignore', strategy: 'JSON', into: 'whole' })],
    },
    gives: { a: lines.a, b: lines.b, whole: '{"html":{"k":"<"},"only-a":1,"user":"b"}' },
  },
  'merge of an extract, then a regexp': {
    entry: { extract: { key: '/nested' }, rewrite: [merge(), regexp('^', 'k_')] },
    gives: { k_x: '1', k_y: '2' },
  },
}
t.test('rewrite', async t => {
  for (const [index, [name, { entry, gives }]] of Object.entries(rewrites).entries())
    t.same((await make(`rewrite-${index}`, { dataFrom: [entry] })).data, gives, name)
})

const remote = (secretKey: string, key: string, more: object) => ({ secretKey, remoteRef: { key, ...more } })
const binary = [0xff, 0xfe, 0x00, 0x41]
t.test('names become keys by the strategy, where no rewrite has made them keys', async t => {
  const extract = (conversionStrategy: string) => ({ extract: { key: '/odd', conversionStrategy } })
  const { data } = await make('converted', { dataFrom: [extract('Unicode'), extract('Default')] })
  t.same(data, { a_U0020_b: 'space', _U002f_slash: 's', 'x-1': 'one', a_b: 'space', _slash: 's' })
})

t.test('values are decoded as asked for, to the byte', async t => {
  const decoding = (decodingStrategy: string) => ({ decodingStrategy })
  await make('decoded', {
    data: [
      remote('std', '/std', decoding('Base64')),
      remote('url', '/url', decoding('Base64URL')),
      remote('auto-std', '/std', decoding('Auto')),
      remote('auto-url', '/url', decoding('Auto')),
      remote('auto-plain', '/plain', decoding('Auto')),
      remote('none', '/std', decoding('None')),
      remote('null-bytes', '/std', { decodingStrategy: 'Base64', nullBytePolicy: 'Ignore' }),
    ],
  })
  const bytes = (await get(`${paths.secrets}/decoded`)).data
  const std = Buffer.from(binary).toString('base64')
  const url = Buffer.from([0xff, 0xfb, 0xff]).toString('base64')
  t.same(bytes, {
    std,
    url,
    'auto-std': std,
    'auto-url': url,
    'auto-plain': Buffer.from('not base64!').toString('base64'),
    none: Buffer.from(std).toString('base64'),
    'null-bytes': std,
  })
})

t.test('each version is a value of its own', async t => {
  const { data, calls } = await make('versions', {
    data: [
      remote('first', '/versions', { version: '1' }),
      remote('second', '/versions', { version: '2' }),
      remote('latest', '/versions', {}),
    ],
  })
  t.same(data, { first: 'first', second: 'second', latest: 'third' })
  t.same(calls, { 'describe-item': 1, 'get-secret-value': 3 })
})

t.test('properties are looked up as gjson does', async t => {
  const properties = {
    query: 'list.#(name=="b").v',
    count: 'list.#',
    all: 'list.#.name',
    every: 'list.#(v>1)#.v',
    this: '@this.a.b',
    star: 'li*.0.v',
    literal: 'a.b',
    null: 'n',
  }
  const data = Object.entries(properties).map(([key, property]) => entry(key, '/json', property))
  const made = await make('looked-up', {
    data,
    dataFrom: [{ extract: { key: '/json', property: 'list.#(name=="b")' } }],
  })
  t.same(made.data, {
    name: 'b',
    v: '{"deep":"<&>"}',
    query: '{"deep":"<&>"}',
    count: '2',
    all: '["a","b"]',
    every: '[1.50]',
    this: 'deep',
    star: '1.5',
    literal: 'dotted',
    null: '',
  })
  t.same(made.calls, { 'describe-item': 1, 'get-secret-value': 1 })
})

const refused: Readonly<Record<string, { spec: object; says: string | RegExp }>> = {
  'a null byte': {
    spec: { data: [remote('k', '/std', { decodingStrategy: 'Base64', nullBytePolicy: 'Fail' })] },
    says: /^spec\.data\[0\]\.remoteRef\.nullBytePolicy: the value from item "\/std" has a null byte → /,
  },
  'what is not Base64': {
    spec: { data: [entry('ok', '/plain'), remote('k', '/plain', { decodingStrategy: 'Base64' })] },
    says: /^spec\.data\[1\]\.remoteRef\.decodingStrategy: the value from item "\/plain" is not Base64 → /,
  },
  'what is not Base64, in a search': {
    spec: { dataFrom: [{ find: { path: '/found/db', decodingStrategy: 'Base64', name: { regexp: 'user' } } }] },
    says: /^spec\.dataFrom\[0\]\.find\.decodingStrategy: the value of "\/found\/db\/user" in the found items is not Base64 → /,
  },
  'a version that is not there': {
    spec: { data: [remote('k', '/versions', { version: '9' })] },
    says: /^spec\.data\[0\]\.remoteRef\.version: /,
  },
  'a query that finds nothing': {
    spec: { data: [entry('k', '/json', 'list.#(name=="c").v')] },
    says: /^spec\.data\[0\]\.remoteRef\.property: item "\/json" has no property "list\.#\(name==\\"c\\"\)\.v" → /,
  },
  'two names that become one key': {
    spec: { dataFrom: [{ find: { path: '/found', name: { regexp: 'user' } }, rewrite: [regexp('.*', 'same')] }] },
    says: /^spec\.dataFrom\[0\]\.rewrite\[0\]\.regexp/,
  },
  'keys that no Secret has': {
    spec: { dataFrom: [{ extract: { key: '/odd' }, rewrite: [regexp('^a', '..')] }] },
    says: /^spec\.dataFrom\[0\]\.rewrite: rewrite gives the key /,
  },
  'a merge of what is no object': {
    spec: { dataFrom: [{ find: { path: '/found/db', name: { regexp: 'user' } }, rewrite: [merge()] }] },
    says: /^spec\.dataFrom\[0\]\.rewrite\[0\]\.merge: /,
  },
  'a merge with a conflict': {
    spec: { dataFrom: [{ ...maps, rewrite: [merge()] }] },
    says: /^spec\.dataFrom\[0\]\.rewrite\[0\]\.merge\.conflictPolicy: "user" is in "\/maps\/a" and in "\/maps\/b" → /,
  },
  'a transform that does not parse': {
    spec: { dataFrom: [{ ...maps, rewrite: [transform('{{ .value')] }] },
    says: /^spec\.dataFrom\[0\]\.rewrite\[0\]\.transform\.template: /,
  },
}
t.test('what cannot be done is told at its field', async t => {
  for (const [index, [name, { spec, says }]] of Object.entries(refused).entries())
    t.match((await fail(`refused-${index}`, spec)).message, says, name)
})

t.test('a search that finds nothing makes no Secret, and says so', async t => {
  const { message, calls } = await fail('nothing', {
    dataFrom: [{ find: { path: '/found', name: { regexp: 'nobody' } } }],
  })
  t.same(calls, {}, 'the listing is remembered')
  t.match(message, /^spec\.dataFrom: nothing is found, and there is no Secret yet/)
})

const clusterStore = `third-${namespace}`
const from = (kind: string, name: string) => ({ sourceRef: { storeRef: { kind, name } } })
t.test('several stores in one ExternalSecret: each is read once, as its own identity', async t => {
  await create(paths.secrets, credentials({ name: 'other', accessId: other }))
  await create(paths.secrets, credentials({ name: 'third', accessId: foreign }))
  await create(paths.stores, store('other', storeSpec({ secret: 'other' })))
  const third = store(clusterStore, storeSpec({ secret: 'third', namespace }))
  await create(paths.clusterStores, { ...third, kind: 'ClusterSecretStore' })
  t.teardown(() => remove(`${paths.clusterStores}/${clusterStore}`))
  await whenReady(t, `${paths.stores}/other`)
  await whenReady(t, `${paths.clusterStores}/${clusterStore}`)

  const since = gateway.journal().length
  const made = await make('several', {
    data: [
      entry('main', '/found/db/user'),
      { ...entry('second', '/other/item'), ...from('SecretStore', 'other') },
      { ...entry('third', '/third/item'), ...from('ClusterSecretStore', clusterStore) },
    ],
    dataFrom: [
      { ...from('SecretStore', 'other'), find: { path: '/other', name: { regexp: '.' } } },
      { ...from('ClusterSecretStore', clusterStore), find: { name: { regexp: 'item' } } },
    ],
  })
  t.same(made.data, {
    main: 'd',
    second: 'from other',
    third: 'from third',
    _other_item: 'from other',
    _third_item: 'from third',
  })
  t.same(made.calls, { 'list-items': 2, 'get-secret-value': 2 })
  const reads = gateway
    .journal()
    .slice(since)
    .filter(({ op }) => op === 'get-secret-value')
  t.same(reads.map(({ accessId, names }) => [accessId, names]).sort(), [
    [foreign, ['/third/item']],
    [other, ['/other/item']],
  ])
})

t.test('what one identity has read, another does not get from memory', async t => {
  const mine = { ...entry('k', '/found/db/user'), ...from('SecretStore', 'other') }
  const { message } = await fail('not-mine', { data: [entry('a', '/found/db/user'), mine] })
  t.match(message, /^spec\.data\[1\]\.remoteRef\.key: item "\/found\/db\/user" may not be read/)
})

t.test('one of several stores that is not ready, or not there, is named at the entry that asks for it', async t => {
  await create(paths.secrets, credentials({ name: 'wrong', accessId: main, accessKey: 'wrong' }))
  await create(paths.stores, store('unready', storeSpec({ secret: 'wrong' })))
  await whenReady(t, `${paths.stores}/unready`, 'False')
  const data = [
    entry('main', '/found/db/user'),
    { ...entry('b', '/found/db/user'), ...from('SecretStore', 'unready') },
    { ...entry('c', '/found/db/user'), ...from('ClusterSecretStore', 'nobody') },
  ]
  const { message, faults, calls } = await fail('unready', { data })
  t.match(message, /^spec\.data\[1\]\.sourceRef\.storeRef: SecretStore "unready" is not ready: .*refuses the login/)
  t.same(
    faults.map(({ code, path }: Json) => [code, path]),
    [
      ['StoreNotReady', 'spec.data[1].sourceRef.storeRef'],
      ['StoreNotFound', 'spec.data[2].sourceRef.storeRef'],
    ],
  )
  t.same(calls, {}, 'and nothing is asked for')
})

t.test('spec.secretStoreRef is not needed where every entry has its own', async t => {
  const data = [{ ...entry('k', '/other/item'), ...from('SecretStore', 'other') }]
  t.same((await make('own-stores', { secretStoreRef: { name: 'nobody' }, data })).data, { k: 'from other' })
})

t.test('user and password through two entries, an extract and a template are of one lease', async t => {
  const before = gateway.leases().length
  const { data, calls } = await make('leased', {
    data: [entry('user', '/dynamic', 'user'), entry('password', '/dynamic', 'password')],
    dataFrom: [{ extract: { key: '/dynamic' }, rewrite: [regexp('^', 'all_')] }],
    target: { template: { mergePolicy: 'Merge', data: { dsn: '{{ .user }}:{{ .password }}:{{ .all_user }}' } } },
  })
  t.equal(gateway.leases().length, before + 1)
  t.equal(calls['get-dynamic-secret-value'], 1)
  t.equal(data['dsn'], `${data['user']}:${data['password']}:${data['all_user']}`)
  t.equal(data['password']?.split('-')[0], data['user']?.replace('u', 'p'))
})
