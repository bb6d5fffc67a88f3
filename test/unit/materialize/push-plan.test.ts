// What goes where: entries of data and dataTo, for one Secret and for several, and what is refused.
import t from 'tap'
import { PushSecret } from '#api'
import { Sensitive } from '#core'
import { applied, type ItemPush, planPush, pushKey, templated, thereIn, withoutProperty } from '#materialize'

const noEngine = {
  renderEach: async (): Promise<never> => {
    throw new Error('the engine was asked')
  },
}
const bytesOf = (values: Record<string, string | Buffer>) =>
  new Map(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === 'string' ? Sensitive.text(value) : Sensitive.bytes(value),
    ]),
  )
const specOf = (spec: object) =>
  PushSecret.parse({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'push' },
    spec: { secretStoreRefs: [{ name: 'main' }], selector: { secret: { name: 'source' } }, ...spec },
  }).spec

const entry = (secretKey: string | undefined, remoteKey: string, property?: string, more: object = {}) => ({
  match: {
    ...(secretKey === undefined ? {} : { secretKey }),
    remoteRef: { remoteKey, ...(property === undefined ? {} : { property }) },
  },
  ...more,
})
const to = (more: object) => ({ storeRef: { name: 'main' }, ...more })

type Secrets = Record<string, Record<string, string | Buffer>>
const stores = [{ kind: 'SecretStore', name: 'main', dataTo: new Set([0, 1, 2]) } as const]

const plan = (spec: object, secrets: Secrets = { source: { user: 'demo', pw: '1' } }) =>
  planPush(
    specOf(spec),
    Object.entries(secrets).map(([name, values]) => ({ name, values: bytesOf(values) })),
    stores,
    noEngine,
  )
const text = (value: unknown) => (value instanceof Sensitive ? value.reveal().toString() : value)
const shown = (push: ItemPush) => [
  push.remoteKey,
  text(applied(push, push.parts, undefined)),
  push.parts.map(part => pushKey(part.entry)),
]
const went = async (spec: object, secrets?: Secrets) => {
  const made = await plan(spec, secrets)
  return 'faults' in made ? made.faults.map(fault => fault.line()) : made.items.map(shown)
}

const cases = [
  {
    name: 'without a key the whole Secret goes as JSON',
    spec: { data: [entry(undefined, 'a/b')] },
    want: [['a/b', '{"pw":"1","user":"demo"}', ['a/b']]],
  },
  {
    name: 'the whole Secret does not leak: a key without property is that key alone',
    spec: { data: [entry('pw', 'a/b')] },
    want: [['a/b', '1', ['a/b']]],
  },
  {
    name: 'a key with a property is that member',
    spec: { data: [entry('pw', 'a/b', 'password.one')] },
    want: [['a/b', '{"password.one":"1"}', ['a/b/password.one']]],
  },
  {
    name: 'several properties of one item are one write',
    spec: { data: [entry('pw', 'a/b', 'p'), entry('user', '/a/b', 'u')] },
    want: [['a/b', '{"p":"1","u":"demo"}', ['a/b/p', '/a/b/u']]],
  },
  {
    name: 'dataTo gives each key an item of its name',
    spec: { dataTo: [to({})] },
    want: [
      ['user', 'demo', ['user']],
      ['pw', '1', ['pw']],
    ],
  },
  {
    name: 'dataTo takes the keys that match, and renames them in order',
    spec: {
      dataTo: [
        to({
          match: { regexp: '^p' },
          rewrite: [{ regexp: { source: '^', target: 'apps/' } }, { regexp: { source: 'pw', target: 'password' } }],
        }),
      ],
    },
    want: [['apps/password', '1', ['apps/password']]],
  },
  {
    name: 'dataTo with a remoteKey bundles the keys that match',
    spec: { dataTo: [to({ remoteKey: 'all', match: { regexp: 'us' } })] },
    want: [['all', '{"user":"demo"}', ['all']]],
  },
  {
    name: 'data wins over dataTo for the same key',
    spec: { data: [entry('pw', 'own')], dataTo: [to({})] },
    want: [
      ['own', '1', ['own']],
      ['user', 'demo', ['user']],
    ],
  },
  {
    name: 'dataTo that matches nothing pushes nothing',
    spec: { dataTo: [to({ remoteKey: 'all', match: { regexp: '^x' } })] },
    want: [],
  },
  {
    name: 'ReverseUnicode gives a key its characters back',
    spec: { data: [entry('a@b', 'x', undefined, { conversionStrategy: 'ReverseUnicode' })] },
    secrets: { source: { a_U0040_b: 'v', _U1f600_: 'w' } },
    want: [['x', 'v', ['x']]],
  },
  {
    name: 'ReverseUnicode names the members of the whole Secret',
    spec: { data: [entry(undefined, 'x', undefined, { conversionStrategy: 'ReverseUnicode' })] },
    secrets: { source: { a_U0040_b: 'v', _U1f600_: 'w' } },
    want: [['x', '{"a@b":"v","😀":"w"}', ['x']]],
  },
  {
    name: 'bytes go as base64 where metadata asks for it',
    spec: { data: [entry('key', 'x', undefined, { metadata: { encoding: 'base64' } })] },
    secrets: { source: { key: Buffer.from([0xff, 0xfe]) } },
    want: [['x', '//4=', ['x']]],
  },
  {
    name: 'bytes are refused otherwise',
    spec: { data: [entry('key', 'x'), entry(undefined, 'y'), entry('key', 'z', 'p')] },
    secrets: { source: { key: Buffer.from([0xff, 0xfe]) } },
    want: [0, 1, 2].map(
      index =>
        `spec.data[${index}]: the value of key "key" is not UTF-8, and an item holds text → write metadata: {encoding: base64} beside match, and decodingStrategy: Base64 where it is read`,
    ),
  },
  {
    name: 'another encoding is none',
    spec: { data: [entry('pw', 'x', undefined, { metadata: { encoding: 'hex' } })] },
    want: ['spec.data[0].metadata.encoding: is no encoding → write base64, or leave it out'],
  },
  {
    name: 'a key that the Secret lacks',
    spec: { data: [entry('none', 'x')] },
    want: [
      'spec.data[0].match.secretKey: Secret "source" has no key "none" → add the key to the Secret, or name another one',
    ],
  },
  {
    name: 'a property without a key',
    spec: { data: [entry(undefined, 'x', 'p')] },
    want: [
      'spec.data[0].match.secretKey: names a property, and no key of the Secret to put there → name the key, or leave property out to push the whole Secret as JSON',
    ],
  },
  {
    name: 'one item named twice',
    spec: { data: [entry(undefined, 'x'), entry(undefined, '/x')] },
    want: [
      'spec.data[1]: item "/x": takes two values for "user" → give it another remoteKey or property than spec.data[0] has',
    ],
  },
  {
    name: 'one property named twice',
    spec: { data: [entry('pw', 'x', 'p'), entry('user', 'x', 'p')] },
    want: ['spec.data[1]: item "x": is named twice → give it another remoteKey or property than spec.data[0] has'],
  },
  {
    name: 'a value and members for one item',
    spec: { data: [entry('pw', 'x'), entry('user', 'x', 'p')] },
    want: [
      'spec.data[1]: item "x": takes one value as a whole, and members of a JSON object → give it another remoteKey or property than spec.data[0] has',
    ],
  },
  {
    name: 'an expression that is none',
    spec: { dataTo: [to({ match: { regexp: '(' } })] },
    want: [/^spec\.dataTo\[0\]\.match\.regexp: is not a regular expression of RE2/],
  },
  {
    name: 'keys that become one, or nothing',
    spec: { dataTo: [to({ rewrite: [{ regexp: { source: '.*', target: 'x' } }] })] },
    want: [/^spec\.dataTo\[0\]\.rewrite\[0\]\.regexp\.target: "user" and "pw" both become the key "x"/],
  },
  {
    name: 'several Secrets go together where their keys differ',
    spec: { data: [entry(undefined, 'x')] },
    secrets: { one: { a: '1' }, two: { b: '2' } },
    want: [['x', '{"a":"1","b":"2"}', ['x', 'x']]],
  },
  {
    name: 'and not where they share one',
    spec: { data: [entry(undefined, 'x')] },
    secrets: { one: { a: '1' }, two: { a: '2' } },
    want: [
      'spec.data[0]: item "x": takes two values for "a", of Secrets "one" and "two" → name one Secret, or give them different keys',
    ],
  },
  {
    name: 'two entries that the status could not tell apart',
    spec: { data: [entry('pw', 'x', 'y'), entry('user', '/x/y')] },
    want: [
      'spec.data[1]: the status keeps items "/x/y" and "/x" under one name, "/x/y" → give one of the two another remoteKey',
    ],
  },
  {
    name: 'a template that lacks a value, and keys that are no path',
    spec: {
      dataTo: [
        to({
          rewrite: [
            { regexp: { source: '^user$', target: '/w/<no value>' } },
            { regexp: { source: '^pw$', target: '/a/../b' } },
          ],
        }),
      ],
    },
    want: [
      'spec.dataTo[0]: "/w/<no value>" lacks a value → correct the name in the template: .value is the key',
      'spec.dataTo[0]: "/a/../b" has . or .. in it → write the path as Akeyless shows it',
    ],
  },
  {
    name: 'a key that data names is left out, by the name that it has in the Secret or after the conversion',
    spec: {
      data: [entry('_U0040_x', '/named')],
      dataTo: [to({ conversionStrategy: 'ReverseUnicode' })],
    },
    secrets: { source: { _U0040_x: '1', _U0040_y: '2' } },
    want: [
      ['/named', '1', ['/named']],
      ['@y', '2', ['@y']],
    ],
  },
]
for (const { name, spec, secrets, want } of cases) t.test(name, async t => t.match(await went(spec, secrets), want))

const pushOf = async (spec: object): Promise<ItemPush> => {
  const made = await plan(spec)
  if ('faults' in made || !made.items[0]) throw new Error('no plan')
  return made.items[0]
}

t.test('what an item holds already stays, and equal is the same object', async t => {
  const push = await pushOf({ data: [entry('pw', 'x', 'p')] })
  const other = Sensitive.text('{"n":12345678901234567890,"f":1.50}')
  t.equal(text(applied(push, push.parts, other)), '{"n":12345678901234567890,"f":1.50,"p":"1"}')
  const same = Sensitive.text('{"p":"1","n":1}')
  t.equal(applied(push, push.parts, same), same)
  t.match(applied(push, push.parts, Sensitive.text('plain')), { code: 'NotJson', path: 'spec.data[0]' })
})

t.test('a value replaces whatever text there is', async t => {
  const push = await pushOf({ data: [entry('pw', 'x')] })
  t.equal(text(applied(push, push.parts, Sensitive.text('plain'))), '1')
})

t.test('what IfNotExists counts as there', async t => {
  const whole = await pushOf({ data: [entry(undefined, 'x')] })
  const property = await pushOf({ data: [entry('pw', 'x', 'p')] })
  const there = (push: ItemPush, held: string | undefined) =>
    push.parts.map(thereIn(held === undefined ? undefined : Sensitive.text(held)))
  t.same(there(whole, undefined), [false])
  t.same(there(whole, 'plain'), [true])
  t.same(there(property, '{"q":1}'), [false])
  t.same(there(property, '{"p":null}'), [true])
  t.same(there(property, 'plain'), [false])
})

t.test('an item without one property', async t => {
  const left = (held: string) => text(withoutProperty(Sensitive.text(held), 'p'))
  t.equal(left('{"p":"1","q":1.50}'), '{"q":1.50}')
  t.equal(left('{"p":"1"}'), 'empty')
  t.equal(left('{"q":1}'), 'absent')
  t.equal(left('plain'), 'absent')
})

t.test('a template adds keys to those of the Secret, and its faults have the path of a PushSecret', async t => {
  const engine = {
    render: async () => ({
      problems: [{ index: 0, blame: 'template' as const, message: 'no such key', remedy: undefined }],
    }),
  }
  const { template } = specOf({ template: { data: { greeting: 'hello' } } })
  const made = await templated(template, bytesOf({ pw: '1' }), new Map(), engine)
  t.same('values' in made && [...made.values].map(([key, value]) => [key, text(value)]), [
    ['pw', '1'],
    ['greeting', 'hello'],
  ])
  const broken = specOf({ template: { data: { greeting: '{{ .none }}' } } }).template
  const failed = await templated(broken, bytesOf({ pw: '1' }), new Map(), engine)
  t.match('faults' in failed && failed.faults[0]?.line(), /^spec\.template\.data\.greeting: no such key/)
})

t.test('an entry that matches nothing is told, and so are the keys as the Secret has them', async t => {
  const made = await plan(
    { dataTo: [to({ match: { regexp: '^none$' } }), to({ conversionStrategy: 'ReverseUnicode' }), to({})] },
    { source: { _U0040_x: '1' } },
  )
  if ('faults' in made) throw new Error(made.faults.map(fault => fault.line()).join())
  const line = 'spec.dataTo[0].match.regexp: matches no key that is not in spec.data → correct the expression'
  t.same(
    made.idle.map(fault => fault.line()),
    [line],
  )
  t.same(
    made.items.map(({ remoteKey, parts }) => [remoteKey, parts[0]?.entry.match.secretKey]),
    [
      ['@x', '_U0040_x'],
      ['_U0040_x', '_U0040_x'],
    ],
  )
})
