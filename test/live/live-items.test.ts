// The items of an ExternalSecret are looked at when it is applied: which faults, in which words, at what cost, and never for a lease.
import t from 'tap'
import { stringify } from 'yaml'
import type { SeedInput } from '#devgateway'
import { kubectl, namespace as namespaceFor } from '../support/cluster.ts'
import { accessKey, identities, testSeed } from '../support/gateway.ts'
import { startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  get,
  patch,
  pathsOf,
  readyOf,
  readyStore,
  remove,
  secretStore,
  storeSpec,
  whenReady,
} from '../support/objects.ts'
import { startRegistered, unjudged } from './registered.ts'
import { install } from './twin.ts'

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()

const rules = [
  { path: '/apps/*', allow: ['read' as const, 'list' as const] },
  { path: '/shown/*', allow: ['list' as const] },
]
const seed: SeedInput = {
  identities: [...testSeed.identities, { type: 'api_key', accessId: 'p-folder0foldrab', accessKey, rules }],
  items: [
    ...testSeed.items,
    { path: '/apps/odd', type: 'STATIC_SECRET', value: '{"a b":"1","a_b":"2"}' },
    { path: '/apps/empty', type: 'STATIC_SECRET', value: '' },
    { path: '/apps/off', type: 'STATIC_SECRET', value: 'v', enabled: false },
    { path: '/apps/gone-dynamic', type: 'DYNAMIC_SECRET', enabled: false },
    { path: '/fresh/text', type: 'STATIC_SECRET', value: 'v' },
    { path: '/fresh/json', type: 'STATIC_SECRET', value: '{"port":1}' },
    { path: '/fresh/certificate', type: 'CERTIFICATE', certificate: 'c', key: 'k' },
    { path: '/fresh/dynamic', type: 'DYNAMIC_SECRET', ttlMinutes: 30 },
    { path: '/shown/listed', type: 'STATIC_SECRET', value: 'v' },
  ],
}
const gateway = await startTlsGateway(t, seed)
const latchkey = await startRegistered(t, {
  namespace,
  gateway,
  live: true,
  args: ['--live-checks-items', 'deny'],
})
await readyStore(t, namespace)
await create(paths.secrets, credentials({ name: 'folder', accessId: 'p-folder0foldrab' }))
await create(paths.stores, secretStore('folder', storeSpec({ secret: 'folder' })))
await whenReady(t, `${paths.stores}/folder`)

const apply = (object: object, ...args: string[]) =>
  kubectl(['apply', '-f', '-', ...args], { namespace, input: stringify(object) })
const dryRun = (object: object) => apply(object, '--dry-run=server')
const denied = (stderr: string): readonly string[] =>
  stderr.includes('denied the request')
    ? stderr
        .trim()
        .split('\n')
        .filter(line => line.startsWith('  '))
        .map(line => line.trim())
    : []
const warned = (stderr: string): readonly string[] =>
  [...stderr.matchAll(/^Warning: (.*)$/gm)].map(([, text = '']) => text)
const ops = () => gateway.journal().map(({ op }) => op)
const count = (op: string) => ops().filter(each => each === op).length

const one = (key: string, more: object = {}) => ({ data: [{ secretKey: 'a', remoteRef: { key, ...more } }] })
const folder = { secretStoreRef: { name: 'folder' } }

const faults: Readonly<Record<string, { spec: object; says: string }>> = {
  'item-missing': {
    spec: one('/apps/nothing'),
    says: 'spec.data[0].remoteRef.key: item "/apps/nothing" not found → check the path, or create the item',
  },
  'no-permission': {
    spec: { ...folder, ...one('/private/token') },
    says: 'spec.data[0].remoteRef.key: item "/private/token" may not be read by this identity → grant read on the path to the access role of the identity',
  },
  'listed-and-not-readable': {
    spec: { ...folder, ...one('/shown/listed') },
    says: 'spec.data[0].remoteRef.key: item "/shown/listed" may not be read by this identity → grant read on the path to the access role of the identity',
  },
  'wrong-type': {
    spec: one('/apps/key'),
    says: 'spec.data[0].remoteRef.key: item "/apps/key" is of type CLASSIC_KEY, which holds no readable value → name a static, dynamic, rotated or certificate item',
  },
  'property-missing': {
    spec: one('/apps/config', { property: 'usernam' }),
    says: 'spec.data[0].remoteRef.property: item "/apps/config" has no property "usernam" → name a property of its JSON value',
  },
  'property-of-rotated': {
    spec: one('/apps/rotated', { property: 'pass' }),
    says: 'spec.data[0].remoteRef.property: item "/apps/rotated" has no property "pass" → name a property of its JSON value',
  },
  'not-json': {
    spec: { dataFrom: [{ extract: { key: '/apps/db-password' } }] },
    says: 'spec.dataFrom[0].extract.key: item "/apps/db-password" holds plain text → take it as one value with data, or store a JSON object in the item',
  },
  'version-missing': {
    spec: one('/apps/db-password', { version: '9' }),
    says: 'spec.data[0].remoteRef.version: item "/apps/db-password" has no version 9 → name a version that exists, or leave it out for the latest',
  },
  disabled: {
    spec: one('/apps/off'),
    says: 'spec.data[0].remoteRef.key: item "/apps/off" is disabled → enable the item',
  },
  empty: {
    spec: one('/apps/empty'),
    says: 'spec.data[0].remoteRef.key: item "/apps/empty" is empty → give it a value',
  },
  undecodable: {
    spec: one('/apps/db-password', { decodingStrategy: 'Base64' }),
    says: 'spec.data[0].remoteRef.decodingStrategy: the value from item "/apps/db-password" is not Base64 → write decodingStrategy: None to take it as it is, or correct the value in the item',
  },
  collision: {
    spec: { dataFrom: [{ extract: { key: '/apps/odd' } }] },
    says: 'spec.dataFrom[0].extract.conversionStrategy: "a b" and "a_b" of item "/apps/odd" both become the key "a_b" → rename one of them in the item, or write conversionStrategy: Unicode',
  },
}

t.test('admission says of an ExternalSecret what its status says later, to the byte', async t => {
  for (const [name, { spec, says }] of Object.entries(faults)) {
    const object = externalSecret(name, spec)
    const said = await dryRun(object)
    t.same(denied(said.stderr), [says], `${name}: ${said.stderr}`)
    await create(paths.externalSecrets, externalSecret(name, spec, { labels: unjudged }))
    const { message } = readyOf(await whenReady(t, `${paths.externalSecrets}/${name}`, 'False'))
    t.equal(message, says, `${name} in the status`)
    await remove(`${paths.externalSecrets}/${name}`)
  }
})

t.test(
  'one wrong path among five is refused in less than 2 s, with its place and whether it is missing or forbidden',
  async t => {
    const good = ['/apps/db-username', '/apps/db-password', '/apps/certificate', '/apps/rotated']
    for (const [secretStoreRef, key, says] of [
      [{ name: 'store' }, '/apps/missing', 'item "/apps/missing" not found'],
      [{ name: 'folder' }, '/private/token', 'item "/private/token" may not be read by this identity'],
    ] as const) {
      const data = [...good.slice(0, 3), key, ...good.slice(3)].map((path, index) => entry(`k${index}`, path))
      const begun = performance.now()
      const { code, stderr } = await dryRun(externalSecret('five', { secretStoreRef, data }))
      const took = performance.now() - begun
      t.equal(code, 1)
      t.match(denied(stderr), [new RegExp(`^spec\\.data\\[3\\]\\.remoteRef\\.key: ${says} → `)])
      t.ok(took < 2_000, `${Math.round(took)} ms`)
    }
  },
)

t.test(
  'what admission has read the first sync does not read again, and a dynamic item is leased by the sync alone',
  async t => {
    const data = [
      entry('plain', '/fresh/text'),
      entry('property', '/fresh/json', 'port'),
      entry('certificate', '/fresh/certificate', 'certificate_pem'),
      entry('lease', '/fresh/dynamic', 'user'),
    ]
    const spec = { refreshInterval: '20m', data, dataFrom: [{ find: { path: '/fresh', name: { regexp: 'text' } } }] }
    const before = ops().length
    t.equal((await dryRun(externalSecret('counted', spec))).stderr, '')
    const looked = ops().slice(before)
    t.equal(looked.filter(op => op === 'get-dynamic-secret-value').length, 0)
    const said = await apply(externalSecret('counted', spec))
    t.same([said.code, said.stderr], [0, ''])
    await whenReady(t, `${paths.externalSecrets}/counted`)
    const after = ops().slice(before + looked.length)
    const looks = ['describe-item', 'get-certificate-value', 'get-secret-value', 'list-items']
    t.same(looked.sort(), looks, 'the listing tells the types, the static values come in one batch')
    t.same(after, ['describe-item', 'get-dynamic-secret-value'], 'admission, then the sync')
  },
)

t.test('a hundred dry runs with a dynamic item lease nothing', async t => {
  const before = count('get-dynamic-secret-value')
  const spec = { data: [entry('user', '/apps/dynamic', 'user'), entry('password', '/apps/dynamic', 'password')] }
  for (let turn = 0; turn < 5; turn += 1)
    await Promise.all(
      Array.from({ length: 20 }, () => create(`${paths.externalSecrets}?dryRun=All`, externalSecret('dry', spec))),
    )
  t.equal(count('get-dynamic-secret-value'), before)
})

const warnings: Readonly<Record<string, { spec: object; says: readonly string[] }>> = {
  'an interval beyond the lease': {
    spec: { refreshInterval: '24h', ...one('/apps/dynamic') },
    says: [
      'spec.refreshInterval: 24h is longer than the lease of dynamic item "/apps/dynamic" lives, 30 m: it is renewed after 20 m → write 20m, which is what happens [dynamic-refresh]',
    ],
  },
  'no interval': {
    spec: { refreshInterval: '0', ...one('/apps/dynamic') },
    says: [
      'spec.refreshInterval: 0 never renews the lease of dynamic item "/apps/dynamic", which lives for 30 m → write refreshPolicy: Periodic and refreshInterval: 20m [dynamic-refresh]',
    ],
  },
  'created once': {
    spec: { refreshPolicy: 'CreatedOnce', ...one('/apps/dynamic') },
    says: [
      'spec.refreshPolicy: CreatedOnce never renews the lease of dynamic item "/apps/dynamic", which lives for 30 m → write refreshPolicy: Periodic and refreshInterval: 20m [dynamic-refresh]',
    ],
  },
  'a search that finds nothing beside items': {
    spec: { ...one('/apps/db-username'), dataFrom: [{ find: { name: { regexp: 'nobody' } } }] },
    says: [
      'spec.dataFrom[0].find: finds nothing → correct the path, the expression or the tags, or create the items [live-item]',
    ],
  },
  'an item that may be missing': {
    spec: {
      target: { deletionPolicy: 'Merge', creationPolicy: 'Owner' },
      data: [entry('a', '/apps/db-username'), entry('b', '/apps/nothing')],
    },
    says: [
      'spec.data[1].remoteRef.key: item "/apps/nothing" not found → check the path, or create the item [live-item]',
    ],
  },
}
t.test('what may work is a warning', async t => {
  for (const [name, { spec, says }] of Object.entries(warnings)) {
    const said = await dryRun(externalSecret('warned', spec))
    t.equal(said.code, 0, said.stderr)
    t.same(warned(said.stderr), says, name)
  }
})

t.test('nothing found for a Secret that is not there: the words of the status, as a warning', async t => {
  const spec = { dataFrom: [{ find: { name: { regexp: 'nobody' } } }] }
  const said = await apply(externalSecret('nothing', spec))
  t.equal(said.code, 0, said.stderr)
  const { message } = readyOf(await whenReady(t, `${paths.externalSecrets}/nothing`, 'False'))
  t.same(warned(said.stderr), [`${message} [live-item]`])
})

t.test(
  'a target that somebody else owns is refused in the words of the reconciler; a stray one is a warning',
  async t => {
    const made = (name: string, more: object) =>
      create(paths.secrets, { metadata: { name }, data: { x: 'eA==' }, ...more })
    await made('stray', {})
    await made('release', { type: 'helm.sh/release.v1' })
    const configMaps = `/api/v1/namespaces/${namespace}/configmaps`
    const { uid } = (await create(configMaps, { metadata: { name: 'else' } })).metadata
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'else', uid, controller: true }
    await made('owned', { metadata: { name: 'owned', ownerReferences: [owner] } })
    const at = (name: string, target: object = {}) =>
      dryRun(externalSecret(`for-${name}`, { target: { name, ...target }, ...one('/apps/db-username') }))
    const stray = await at('stray')
    t.same(
      [stray.code, warned(stray.stderr)],
      [
        0,
        [
          'spec.target.name: Secret stray is there, and no ExternalSecret made it: it is taken over, its other keys are removed, and it goes when the ExternalSecret goes → choose another name, or write creationPolicy: Merge to add keys to it [live-target]',
        ],
      ],
    )
    t.equal((await at('stray', { creationPolicy: 'Merge' })).stderr, '')
    for (const name of ['release', 'owned']) {
      const said = await at(name)
      const spec = { target: { name }, ...one('/apps/db-username') }
      await create(paths.externalSecrets, externalSecret(`for-${name}`, spec, { labels: unjudged }))
      const { message } = readyOf(await whenReady(t, `${paths.externalSecrets}/for-${name}`, 'False'))
      t.same(denied(said.stderr), [message], name)
    }
  },
)

t.test('a store that is not ready is told of as the status will tell', async t => {
  await create(paths.secrets, credentials({ name: 'broken', accessId: identities.stranger, accessKey: 'wrong' }))
  const spec = storeSpec({ secret: 'broken' })
  await create(paths.stores, { ...secretStore('broken', spec), metadata: { name: 'broken', labels: unjudged } })
  await whenReady(t, `${paths.stores}/broken`, 'False')
  const said = await apply(
    externalSecret('unready', { secretStoreRef: { name: 'broken' }, ...one('/apps/db-username') }),
  )
  t.equal(said.code, 0, said.stderr)
  const { message } = readyOf(await whenReady(t, `${paths.externalSecrets}/unready`, 'False'))
  const [line = ''] = warned(said.stderr)
  t.ok(message.startsWith(line.replace(/…? \[live-store\]$/, '')), `${line} / ${message}`)
})

t.test('an update that keeps a fault passes with a warning, and one that adds a fault does not', async t => {
  await create(paths.externalSecrets, externalSecret('kept', one('/apps/nothing'), { labels: unjudged }))
  await patch(`${paths.externalSecrets}/kept`, { metadata: { labels: { [Object.keys(unjudged)[0] ?? '']: null } } })
  const kept = await apply(externalSecret('kept', { refreshInterval: '2h', ...one('/apps/nothing') }))
  t.equal(kept.code, 0, kept.stderr)
  t.ok(
    warned(kept.stderr).some(line => line.includes('item "/apps/nothing" not found')),
    kept.stderr,
  )
  const worse = await apply(externalSecret('kept', { refreshInterval: '3h', ...one('/apps/other') }))
  t.match(denied(worse.stderr), [/item "\/apps\/other" not found/])
})

t.test('a gateway that is down: the same apply passes with a warning in less than 2 s', async t => {
  const object = externalSecret('down', one('/apps/nothing'))
  t.equal((await dryRun(object)).code, 1)
  gateway.fail({ reset: true, times: 1_000 })
  for (const turn of [1, 2]) {
    const begun = performance.now()
    const said = await dryRun(object)
    t.equal(said.code, 0, said.stderr)
    t.match(warned(said.stderr), [/gateway api\.akeyless\.io .* \[not-checked\]$/])
    t.ok(performance.now() - begun < 2_000, `turn ${turn}`)
  }
  gateway.reset()
  gateway.fail({ delayMs: 5_000, times: 1_000 })
  const begun = performance.now()
  const slow = await dryRun(object)
  t.equal(slow.code, 0, slow.stderr)
  t.match(warned(slow.stderr), [
    /spec\.secretStoreRef: not checked in full: gateway api\.akeyless\.io did not answer within 1 s/,
  ])
  t.ok(performance.now() - begun < 2_000)
  gateway.reset()
})

t.test('no value is said', async t => {
  const places = [
    JSON.stringify(latchkey.process.lines()),
    await latchkey.metrics(),
    JSON.stringify(await get(paths.events)),
  ]
  for (const text of places) for (const secret of ['s3cr3t', 'r0tated', accessKey]) t.notOk(text.includes(secret))
})
