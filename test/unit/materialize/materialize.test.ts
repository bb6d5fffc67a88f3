import fc from 'fast-check'
import t from 'tap'
import { ExternalSecretSpec, type ItemType, type ItemValue } from '#api'
import { Fault, Sensitive } from '#core'
import { materialize, refsOf, type TemplateEngine } from '#materialize'
import { effortMs } from '../../support/effort.ts'

const item = (text: string, type: ItemType = 'STATIC_SECRET'): ItemValue => ({ type, text: Sensitive.text(text) })
const pem = '-----BEGIN CERTIFICATE-----\r\nAA<>&\n-----END CERTIFICATE-----\n'
const certificate = JSON.stringify({ certificate_pem: pem, private_key_pem: 'KEY\n' }).replaceAll('<', '\\u003c')
const items = new Map<string, ItemValue | Fault>([
  ['/plain@0', item('hunter2')],
  [
    '/json@0',
    item('{"user":"demo","n":12345678901234567890,"d":1.50,"nul":null,"o":{"a": 1},"a.b":"dotted","a":{"b":"deep"}}'),
  ],
  ['/json@2', item('{"user":"older"}')],
  ['/names@0', item('{"a b":"1","c":"2"}')],
  ['/collide@0', item('{"a b":"1","a/b":"2"}')],
  ['/accent@0', item('{"é":"1"}')],
  ['/proto@0', item('{"__proto__":"p","constructor":"c","toString":"t"}')],
  ['/empty@0', item('')],
  ['/list@0', item('[1]')],
  ['/base64@0', item('aGk=')],
  ['/null@0', item('a\0b')],
  ['/cert@0', item(certificate, 'CERTIFICATE')],
  ['/gone@0', new Fault('ItemNotFound', 'item "/gone" not found', { remedy: 'create it' })],
  ['/json@9', new Fault('VersionNotFound', 'item "/json" has no version 9')],
])
/** Plain names and indexes need no engine: whoever asks it here fails the test. */
const asked = (): never => {
  throw new Error('the engine was asked')
}
const noEngine: TemplateEngine = { render: asked, renderEach: asked, check: asked, get: asked, json: asked }
type Read = ReadonlyMap<string, ItemValue | Fault>
const make = (spec: ExternalSecretSpec, read: Read) =>
  materialize(spec, { items: new Map([['SecretStore/', read]]), found: new Map() }, noEngine)
const run = async (spec: object) => {
  const made = await make(ExternalSecretSpec.parse(spec), items)
  return 'faults' in made
    ? made.faults.map(fault => `${fault.code} ${fault.line()}`)
    : Object.fromEntries([...made.data].map(([key, value]) => [key, value.reveal().toString('utf8')]))
}
const one = (ref: object) => run({ data: [{ secretKey: 'k', remoteRef: ref }] })
const all = (ref: object, rest: object = {}) => run({ dataFrom: [{ extract: ref }], ...rest })
const tls = { target: { template: { type: 'kubernetes.io/tls' } } }

const values = [
  { name: 'the whole item', got: await one({ key: '/plain' }), want: { k: 'hunter2' } },
  { name: 'a property', got: await one({ key: '/json', property: 'user' }), want: { k: 'demo' } },
  { name: 'a version', got: await one({ key: '/json', property: 'user', version: '2' }), want: { k: 'older' } },
  {
    name: 'every digit of a big number',
    got: await one({ key: '/json', property: 'n' }),
    want: { k: '12345678901234567890' },
  },
  { name: 'a decimal in its shortest form', got: await one({ key: '/json', property: 'd' }), want: { k: '1.5' } },
  { name: 'null as empty text', got: await one({ key: '/json', property: 'nul' }), want: { k: '' } },
  {
    name: 'a literal dotted key before a path',
    got: await one({ key: '/json', property: 'a.b' }),
    want: { k: 'dotted' },
  },
  { name: 'decoded Base64', got: await one({ key: '/base64', decodingStrategy: 'Base64' }), want: { k: 'hi' } },
  {
    name: 'text as it is with Auto where it is no Base64',
    got: await one({ key: '/plain', decodingStrategy: 'Auto' }),
    want: { k: 'hunter2' },
  },
  { name: 'a null byte where nobody objects', got: await one({ key: '/null' }), want: { k: 'a\0b' } },
  {
    name: 'an object key by key, numbers as they stand',
    got: await all({ key: '/json', conversionStrategy: 'Default' }),
    want: {
      user: 'demo',
      n: '12345678901234567890',
      d: '1.50',
      nul: '',
      o: '{"a": 1}',
      'a.b': 'dotted',
      a: '{"b":"deep"}',
    },
  },
  { name: 'converted keys', got: await all({ key: '/names' }), want: { a_b: '1', c: '2' } },
  {
    name: 'Unicode conversion',
    got: await all({ key: '/names', conversionStrategy: 'Unicode' }),
    want: { a_U0020_b: '1', c: '2' },
  },
  {
    name: 'data over dataFrom',
    got: await run({
      dataFrom: [{ extract: { key: '/names' } }],
      data: [{ secretKey: 'c', remoteRef: { key: '/plain' } }],
    }),
    want: { a_b: '1', c: 'hunter2' },
  },
  {
    name: 'later dataFrom over earlier',
    got: await run({ dataFrom: [{ extract: { key: '/json', version: '2' } }, { extract: { key: '/json' } }] }),
    want: await all({ key: '/json' }),
  },
  { name: 'one property as the object', got: await all({ key: '/json', property: 'o' }), want: { a: '1' } },
  {
    name: 'certificate and key under the names of a TLS Secret',
    got: await run({
      ...tls,
      data: [
        { secretKey: 'tls.crt', remoteRef: { key: '/cert', property: 'certificate_pem' } },
        { secretKey: 'tls.key', remoteRef: { key: '/cert', property: 'private_key_pem' } },
      ],
    }),
    want: { 'tls.crt': pem, 'tls.key': 'KEY\n' },
  },
  {
    name: 'an extracted certificate as tls.crt and tls.key',
    got: await all({ key: '/cert' }, tls),
    want: { 'tls.crt': pem, 'tls.key': 'KEY\n' },
  },
  {
    name: 'an extracted certificate by its own names elsewhere',
    got: await all({ key: '/cert' }),
    want: { certificate_pem: pem, private_key_pem: 'KEY\n' },
  },
]
for (const { name, got, want } of values) t.test(`a Secret gets ${name}`, async t => t.same(got, want))

t.test('keys that JavaScript knows are keys like others', async t => {
  const plain = await make(ExternalSecretSpec.parse({ dataFrom: [{ extract: { key: '/proto' } }] }), items)
  t.same('data' in plain && [...plain.data.keys()], ['__proto__', 'constructor', 'toString'])
  t.equal(Object.hasOwn(Object.prototype, 'x'), false)
})

const ref = 'spec.data[0].remoteRef'
const extract = 'spec.dataFrom[0].extract'
const faults = [
  {
    name: 'an item that is missing',
    got: await one({ key: '/gone' }),
    want: [`ItemNotFound ${ref}.key: item "/gone" not found → create it`],
  },
  {
    name: 'a version that is missing',
    got: await one({ key: '/json', version: '9' }),
    want: [
      `VersionNotFound ${ref}.version: item "/json" has no version 9 → name a version that exists, or leave it out for the latest`,
    ],
  },
  {
    name: 'an empty item',
    got: await one({ key: '/empty' }),
    want: [`ItemEmpty ${ref}.key: item "/empty" is empty → give it a value`],
  },
  {
    name: 'a property that is missing',
    got: await one({ key: '/json', property: 'pw' }),
    want: [`PropertyNotFound ${ref}.property: item "/json" has no property "pw" → name a property of its JSON value`],
  },
  {
    name: 'a property of a certificate',
    got: await one({ key: '/cert', property: 'crt' }),
    want: [
      `PropertyNotFound ${ref}.property: item "/cert" has no property "crt" → a certificate item has certificate_pem and private_key_pem`,
    ],
  },
  {
    name: 'a property of plain text',
    got: await one({ key: '/plain', property: 'pw' }),
    want: [
      `NotJson ${ref}.property: item "/plain" holds plain text, which has no property "pw" → leave property out to take the whole value, or store JSON in the item`,
    ],
  },
  {
    name: 'what is no Base64',
    got: await one({ key: '/plain', decodingStrategy: 'Base64' }),
    want: [
      `ValueInvalid ${ref}.decodingStrategy: the value from item "/plain" is not Base64 → write decodingStrategy: None to take it as it is, or correct the value in the item`,
    ],
  },
  {
    name: 'a null byte',
    got: await one({ key: '/null', nullBytePolicy: 'Fail' }),
    want: [
      `ValueInvalid ${ref}.nullBytePolicy: the value from item "/null" has a null byte → write nullBytePolicy: Ignore to keep it, or correct the value in the item`,
    ],
  },
  {
    name: 'a version that is no number',
    got: await one({ key: '/json', version: 'v1' }),
    want: [
      `SpecInvalid ${ref}.version: "v1" is not a version number → write a number as "3", or leave it out for the latest`,
    ],
  },
  {
    name: 'extract of plain text',
    got: await all({ key: '/plain' }),
    want: [
      `NotJson ${extract}.key: item "/plain" holds plain text → take it as one value with data, or store a JSON object in the item`,
    ],
  },
  {
    name: 'extract of a list',
    got: await all({ key: '/list' }),
    want: [
      `NotJson ${extract}.key: item "/list" holds JSON that is not an object → take it as one value with data, or store a JSON object in the item`,
    ],
  },
  {
    name: 'two names for one key',
    got: await all({ key: '/collide' }),
    want: [
      `KeyCollision ${extract}.conversionStrategy: "a b" and "a/b" of item "/collide" both become the key "a_b" → rename one of them in the item, or write conversionStrategy: Unicode`,
    ],
  },
  {
    name: 'a key that Kubernetes refuses',
    got: await all({ key: '/accent' }),
    want: [
      `KeyInvalid ${extract}.key: item "/accent" gives the key "é", which has a character other than letters, digits, - _ . → rename it by a rewrite, or take it with data under another secretKey`,
    ],
  },
]
for (const { name, got, want } of faults)
  t.test(`${name} is told with field, cause and remedy`, async t => t.same(got, want))

t.test('all faults are told at once, in the order of the fields', async t => {
  const got = await run({
    dataFrom: [{ extract: { key: '/collide' } }, { extract: { key: '/gone' } }],
    data: [
      { secretKey: 'a', remoteRef: { key: '/plain' } },
      { secretKey: 'b', remoteRef: { key: '/gone' } },
      { secretKey: 'c', remoteRef: { key: '/json', property: 'x' } },
    ],
  })
  t.same(Array.isArray(got) && got.map(line => line.split(':')[0]), [
    'KeyCollision spec.dataFrom[0].extract.conversionStrategy',
    'ItemNotFound spec.dataFrom[1].extract.key',
    'ItemNotFound spec.data[1].remoteRef.key',
    'PropertyNotFound spec.data[2].remoteRef.property',
  ])
})

t.test('distinct refs are read once, and a ref in two versions twice', async t => {
  const { refs, faults: told } = refsOf(
    ExternalSecretSpec.parse({
      dataFrom: [{ extract: { key: '/a' } }],
      data: [
        { secretKey: 'x', remoteRef: { key: '/a', property: 'x' } },
        { secretKey: 'y', remoteRef: { key: '/a', version: '007' } },
        { secretKey: 'z', remoteRef: { key: '/a', version: 'latest' } },
      ],
    }),
  )
  t.same(refs.get('SecretStore/'), [
    { path: '/a', version: 0 },
    { path: '/a', version: 7 },
  ])
  t.same(
    told.map(fault => fault.path),
    ['spec.data[2].remoteRef.version'],
  )
})

t.test('no message ever holds the value', async () => {
  const secret = 'S3CR3T-VALUE'
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        `{"a":"${secret}`,
        `{"a":${secret}}`,
        secret,
        `"${secret}"`,
        `{"a":"\\x${secret}"}`,
        `[${secret}]`,
        `{"a":["${secret}"]}`,
      ),
      fc.constantFrom('a', 'b', 'a.0.x', ''),
      fc.constantFrom('Base64', 'Base64URL', 'None'),
      fc.boolean(),
      async (text, property, decodingStrategy, whole) => {
        const remoteRef = { key: '/a', property, decodingStrategy, nullBytePolicy: 'Fail' }
        const spec = whole ? { dataFrom: [{ extract: remoteRef }] } : { data: [{ secretKey: 'k', remoteRef }] }
        const made = await make(ExternalSecretSpec.parse(spec), new Map([['/a@0', item(text)]]))
        if ('faults' in made) return made.faults.every(fault => !`${fault.line()}${fault.stack}`.includes(secret))
        return true
      },
    ),
  )
})

t.test('any item text gives data or faults, never an exception', async () => {
  const noPattern: TemplateEngine = {
    ...noEngine,
    get: async questions => ({ results: questions.map(() => undefined) }),
  }
  const text = fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' }))
  await fc.assert(
    fc.asyncProperty(text, fc.string(), async (text, property) => {
      const remoteRef = { key: '/a', property, decodingStrategy: 'Auto' }
      const spec = ExternalSecretSpec.parse({
        dataFrom: [{ extract: remoteRef }],
        data: [{ secretKey: 'k', remoteRef }],
      })
      const fetched = { items: new Map([['SecretStore/', new Map([['/a@0', item(text)]])]]), found: new Map() }
      const made = await materialize(spec, fetched, noPattern)
      return 'data' in made || made.faults.length > 0
    }),
  )
})

/** What a spec makes of other items, as lines, and how long it took. */
const attempt = async (spec: object, others: Read) => {
  const parsed = ExternalSecretSpec.parse(spec)
  const started = effortMs()
  const made = await make(parsed, others)
  const lines = 'faults' in made ? made.faults.map(fault => `${fault.code} ${fault.line()}`) : []
  return { lines, tookMs: effortMs() - started }
}
const mebibyte = 1024 * 1024
const properties = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    secretKey: `k${index}`,
    remoteRef: { key: '/a', property: `z.${index}` },
  }))

t.test('an item that no Secret could hold is not looked into', async t => {
  const text = (size: number) => `{"k":"${'x'.repeat(size - 14)}","z":1}`
  const one = { data: [{ secretKey: 'k', remoteRef: { key: '/a', property: 'z' } }] }
  t.same((await attempt(one, new Map([['/a@0', item(text(mebibyte))]]))).lines, [])
  t.same((await attempt(one, new Map([['/a@0', item(text(mebibyte + 1))]]))).lines, [
    `SecretTooLarge ${ref}.key: item "/a" has 1048577 bytes, 1048576 are allowed → store it in several items`,
  ])
})

t.test('many references to a large item cost no time', async t => {
  // each looks through the whole item: 1,000 of them through 1 MiB took 30 s
  const text = `{${'"a":1,'.repeat(mebibyte / 6 - 10)}"z":1}`
  const { lines, tookMs } = await attempt({ data: properties(1000) }, new Map([['/a@0', item(text)]]))
  t.match(lines, [
    /^SecretTooLarge spec: the references look through \d+ bytes of items, 16777216 are allowed → split it/,
  ])
  t.ok(tookMs < 200, `${tookMs} ms`)
  t.same(
    (await attempt({ data: properties(1000) }, new Map([['/a@0', item('{"z":[1]}'.padEnd(16 * 1024))]]))).lines.length,
    100,
  )
})

t.test('a path that the document leads to again and again is read once', async t => {
  // 150,000 objects of one name times a path of 4,096 characters took 3 s
  const text = `{${'"a":{},'.repeat(mebibyte / 7 - 10)}"z":1}`
  const remoteRef = { key: '/a', property: `a.${'b'.repeat(4094)}` }
  const { lines, tookMs } = await attempt({ data: [{ secretKey: 'k', remoteRef }] }, new Map([['/a@0', item(text)]]))
  t.match(lines, [/^PropertyNotFound/])
  t.ok(tookMs < 500, `${tookMs} ms`)
})

t.test('an item with ever so many bad keys gives the first hundred faults', async t => {
  const text = `{${Array.from({ length: 80_000 }, (_, index) => `"${index}é":1`).join(',')}}`
  const spec = { dataFrom: [{ extract: { key: '/a' } }, { extract: { key: '/a' } }], data: properties(10) }
  const { lines } = await attempt(spec, new Map([['/a@0', item(text)]]))
  t.equal(lines.length, 100)
  t.match(lines[99], /^KeyInvalid .* gives the key "99é"/)
})

t.test('key and property of a reference have at most 4,096 characters', async t => {
  const spec = (length: number) =>
    ExternalSecretSpec.parse({
      dataFrom: [{ extract: { key: 'k'.repeat(length) } }],
      data: [{ secretKey: 'x', remoteRef: { key: '/a', property: 'p'.repeat(length) } }],
    })
  t.equal(refsOf(spec(4096)).refs.get('SecretStore/')?.length, 2)
  t.same(refsOf(spec(4097)), { refs: new Map(), faults: [] }, 'never asked for')
  const made = await make(spec(4097), items)
  t.same('faults' in made && made.faults.map(fault => `${fault.code} ${fault.line()}`), [
    `SpecInvalid ${extract}.key: is longer than 4096 characters → write the name as the item has it`,
    `SpecInvalid ${ref}.property: is longer than 4096 characters → write the name as the item has it`,
  ])
})
