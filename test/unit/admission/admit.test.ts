import fc from 'fast-check'
import t from 'tap'
import { admit, judge, mutate, parseReview } from '#admission'
import { effortMs } from '../../support/effort.ts'
import { clusterExternalSecret, clusterPushSecret, externalSecret, pushSecret, review, store } from './objects.ts'

const uid = '705ab4f5-6393-11e8-b7cc-42010a800002'
const bad = () =>
  externalSecret(spec => {
    spec.refreshInterval = '5 minutes'
    spec.data[1].secretKey = 'user'
  })

t.test('a sound object is allowed without a word', async t => {
  t.same(admit(review(externalSecret())), {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true },
  })
})

t.test('a refusal names a cluster-scoped object by its name alone', async t => {
  const object = clusterPushSecret(made => {
    made.data = []
  })
  t.equal(
    admit(review(object)).response.status?.message,
    [
      'ClusterPushSecret all: 1 fault',
      '  spec.pushSecretSpec: has neither data nor dataTo → name at least one item under data',
    ].join('\n'),
  )
})

t.test('a refusal says who, how many, and one line for each fault', async t => {
  t.same(admit(review(bad())).response, {
    uid,
    allowed: false,
    status: {
      code: 403,
      reason: 'Forbidden',
      message: [
        'ExternalSecret team-a/app: 2 faults',
        '  spec.refreshInterval: "5 minutes" is not a duration → write 5m',
        '  spec.data[1].secretKey: "user" is the key of spec.data[0] too → give each entry a key of its own',
      ].join('\n'),
    },
  })
})

t.test('of many faults ten are shown and the rest is counted', async t => {
  const object = externalSecret(spec => {
    spec.data = Array.from({ length: 14 }, () => ({ secretKey: 'k', remoteRef: { key: '/a' } }))
  })
  const lines = admit(review(object)).response.status?.message.split('\n') ?? []
  t.equal(lines[0], 'ExternalSecret team-a/app: 13 faults')
  t.equal(lines.length, 12)
  t.equal(lines.at(-1), '  and 3 more')
})

t.test('one fault is one fault, and a generated name is shown as its prefix', async t => {
  const object = externalSecret((spec, whole) => {
    spec.data = []
    whole.metadata = { generateName: 'app-' }
  })
  const message = admit(review(object, { name: '', namespace: 'team-a' })).response.status?.message
  t.match(message, /^ExternalSecret team-a\/app-…: 1 fault\n/)
})

t.test('warnings stand apart, end with their rule, and have at most 256 characters', async t => {
  const object = externalSecret((spec, whole) => {
    whole.metadata.namespace = 'n'.repeat(63)
    spec.secretStoreRef.name = `${'long-'.repeat(49)}x`
  })
  const { allowed, warnings } = admit(review(object), { stores: () => undefined }).response
  t.equal(allowed, true)
  t.equal(warnings?.length, 1)
  const text = warnings?.[0] ?? ''
  t.ok([...text].length <= 256)
  t.match(text, /^spec\.secretStoreRef\.name: .*… \[store-exists\]$/)
})

t.test('the store is looked for where the object is, even if only the request says where', async t => {
  const asked: unknown[] = []
  const object = externalSecret((_, whole) => {
    whole.metadata = { name: 'app' }
  })
  const stores = (ref: unknown) => {
    asked.push(ref)
    return { ours: true }
  }
  admit(review(object, { namespace: 'team-b' }), { stores })
  t.same(asked, [{ kind: 'SecretStore', namespace: 'team-b', name: 'main' }])
})

t.test('a foreign namespace is seen when only the request names the own one', async t => {
  const object = store((akeyless, _, whole) => {
    whole.metadata = { name: 'main' }
    akeyless.authSecretRef.secretRef.accessID.namespace = 'kube-system'
  })
  t.match(
    admit(review(object, { namespace: 'team-a' })).response.status?.message,
    /is not the namespace of this SecretStore/,
  )
})

const envelopes: { name: string; body: unknown; code: number; says: RegExp }[] = [
  {
    name: 'an unknown kind',
    body: review(externalSecret(), { kind: { group: 'external-secrets.io', version: 'v1', kind: 'Pod' } }),
    code: 403,
    says: /external-secrets\.io\/v1 Pod" is not a kind/,
  },
  {
    name: 'an unknown version',
    body: review(externalSecret(), { kind: { group: 'external-secrets.io', version: 'v2', kind: 'ExternalSecret' } }),
    code: 403,
    says: /is not a kind/,
  },
  {
    name: 'a version of another kind',
    body: review(pushSecret(), { kind: { group: 'external-secrets.io', version: 'v1', kind: 'PushSecret' } }),
    code: 403,
    says: /external-secrets\.io\/v1 PushSecret" is not a kind/,
  },
  {
    name: 'another group',
    body: review(externalSecret(), { kind: { group: 'apps', version: 'v1', kind: 'ExternalSecret' } }),
    code: 403,
    says: /is not a kind/,
  },
  {
    name: 'a kind from Object.prototype',
    body: review(externalSecret(), { kind: { group: 'external-secrets.io', version: 'v1', kind: 'constructor' } }),
    code: 403,
    says: /is not a kind/,
  },
  {
    name: 'an object of another kind than announced',
    body: review(store(), { kind: { group: 'external-secrets.io', version: 'v1', kind: 'ExternalSecret' } }),
    code: 400,
    says: /announces/,
  },
  { name: 'no object', body: review(null), code: 400, says: /announces/ },
  {
    name: 'another API',
    body: { ...review(externalSecret()), apiVersion: 'admission.k8s.io/v1beta1' },
    code: 400,
    says: /no AdmissionReview/,
  },
  { name: 'a list', body: [], code: 400, says: /no AdmissionReview/ },
]
for (const { name, body, code, says } of envelopes) {
  t.test(`${name} is refused with code ${code} and the uid of the request`, async t => {
    const { response } = admit(body)
    t.equal(response.allowed, false)
    t.equal(response.status?.code, code)
    t.match(response.status?.message, says)
    t.equal(response.uid, Array.isArray(body) ? '' : uid)
  })
}

t.test('a defect on our side is not hidden: the route has to log it', async t => {
  const stores = () => {
    throw new Error('broken')
  }
  t.throws(() => admit(review(externalSecret()), { stores }), { message: 'broken' })
})

t.test('deletion is never refused: neither the request nor the last update of an object on its way out', async t => {
  t.equal(admit(review(bad(), { operation: 'DELETE' })).response.allowed, true)
  const leaving = bad()
  leaving.metadata.deletionTimestamp = '2026-11-21T20:00:00Z'
  t.equal(admit(review(leaving, { operation: 'UPDATE', oldObject: bad() })).response.allowed, true)
})

t.test('what was wrong before an update and was accepted becomes a warning; what is new is refused', async t => {
  const next = bad()
  const again = admit(review(next, { operation: 'UPDATE', oldObject: bad() })).response
  t.equal(again.allowed, true)
  t.same(
    again.warnings?.map(text => text.replace(/.* \[/, '[')),
    ['[refresh-interval, accepted before]', '[duplicate-key, accepted before]'],
  )

  next.spec.data.unshift({ secretKey: 'first', remoteRef: { key: '/a' } })
  next.spec.data[1].remoteRef.version = 'v3'
  const third = judge(next, bad())
  t.same(
    third.denials.map(finding => finding.rule),
    ['version'],
    'an entry that only moved down is not new',
  )

  const twice = externalSecret(spec => {
    spec.data[0].remoteRef.version = 'v3'
    spec.data[1].remoteRef.version = 'v3'
  })
  const once = externalSecret(spec => {
    spec.data[1].remoteRef.version = 'v3'
  })
  const { denials, warnings } = judge(twice, once)
  t.same([denials.length, warnings.length], [1, 1], 'one old fault excuses one, not two')
  t.same(judge(once, once).denials, [])
})

t.test('the same holds for what a cluster-scoped kind makes, and for what is pushed', async t => {
  const entry = (remoteKey: string) => ({ match: { remoteRef: { remoteKey } } })
  const pushes = (...keys: string[]) =>
    pushSecret(spec => {
      spec.data = keys.map(entry)
    })
  const before = pushes('/a', '/a')
  for (const moved of [pushes('/a', '/a', '/new'), pushes('/new', '/a', '/a')]) {
    const { denials, warnings } = judge(moved, before)
    t.same([denials.length, warnings.map(({ rule }) => rule)], [0, ['push-collision']])
  }
  t.match(judge(pushes('/a', '/a', '/a'), before).denials, [{ rule: 'push-collision' }], 'a third is new')
  const made = (refreshInterval: string, ...versions: string[]) =>
    clusterExternalSecret(spec => {
      spec.refreshInterval = refreshInterval
      for (const [index, version] of versions.entries()) spec.data[index].remoteRef.version = version
    })
  const edited = judge(made('5 minutes', 'v3'), made('1h', 'v3'))
  t.match(edited, { denials: [{ rule: 'refresh-interval' }], warnings: [{ rule: 'version' }] })
  t.equal(edited.denials.length, 1)
})

t.test('the same fault on CREATE is refused whatever oldObject says', async t => {
  t.equal(admit(review(bad(), { oldObject: bad() })).response.allowed, false)
})

t.test('a body is parsed with its depth capped and its strange keys harmless', async t => {
  const parsed = parseReview('{"a":{"__proto__":{"x":1}},"b":1,"b":2}')
  t.ok('review' in parsed)
  const value = ('review' in parsed ? parsed.review : {}) as { a: object; b: number }
  t.same(Object.keys(value.a), ['__proto__'])
  t.equal(value.b, 2, 'the last of two wins')
  t.equal(Object.hasOwn(Object.prototype, 'x'), false)

  const line = (text: string) => {
    const result = parseReview(text)
    return 'fault' in result ? result.fault.message : 'parsed'
  }
  t.equal(line(`${'['.repeat(64)}${']'.repeat(64)}`), 'parsed')
  t.equal(line(`${'['.repeat(65)}${']'.repeat(65)}`), 'the body nests deeper than 64 levels')
  t.equal(line('['.repeat(1_000_000)), 'the body nests deeper than 64 levels')
  t.equal(line(JSON.stringify({ a: '['.repeat(100), b: '\\"[' })), 'parsed', 'brackets in text do not count')
  t.equal(line('hunter2'), 'the body is not JSON')
  t.equal(line(''), 'the body is not JSON')
})

t.test(
  'a key named __proto__ is one like any other: it passes where it may stand, and its faults are told',
  async t => {
    const answerTo = (template: string) =>
      admit(
        review(
          externalSecret(spec => {
            spec.target.template = JSON.parse(template)
          }),
        ),
      ).response
    t.equal(answerTo('{"data":{"__proto__":"{{ .x }}"}}').allowed, true)
    t.match(answerTo('{"data":{"__proto__":{}}}').status?.message, /template\.data\.__proto__: must be text/)
    t.match(
      answerTo('{"metadata":{"labels":{"__proto__":"x"}}}').status?.message,
      /labels\.__proto__: "__proto__" cannot be such a key/,
    )
  },
)

t.test('whatever JSON arrives, there is an answer and no exception', async () => {
  const cluster = ['ClusterSecretStore', 'ClusterExternalSecret', 'ClusterPushSecret']
  const kind = fc.constantFrom('ExternalSecret', 'SecretStore', 'PushSecret', 'Pod', ...cluster)
  const object = fc.oneof(
    fc.jsonValue(),
    fc.record({ kind, metadata: fc.jsonValue(), spec: fc.jsonValue() }),
    fc.record({
      kind,
      metadata: fc.constant({ name: 'x' }),
      spec: fc.dictionary(
        fc.constantFrom(
          'data',
          'dataFrom',
          'target',
          'provider',
          'secretStoreRef',
          'conditions',
          'refreshInterval',
          'externalSecretSpec',
          'pushSecretSpec',
          'secretStoreRefs',
          'namespaceSelectors',
          'dataTo',
          '__proto__',
        ),
        fc.jsonValue(),
      ),
    }),
    fc.tuple(fc.constantFrom('data', 'dataFrom', 'target', 'provider'), fc.jsonValue()).map(([field, value]) =>
      externalSecret(spec => {
        spec[field] = [value, value]
      }),
    ),
    fc
      .tuple(fc.constantFrom('data', 'dataTo', 'secretStoreRefs', 'selector', 'template'), fc.jsonValue(), fc.boolean())
      .map(([field, value, cluster]) =>
        (cluster ? clusterPushSecret : pushSecret)(spec => {
          spec[field] = field.startsWith('data') ? [value, value] : value
        }),
      ),
  )
  fc.assert(
    fc.property(object, object, (next, prior) => {
      judge(next, prior)
      const { response } = admit(review(next, { operation: 'UPDATE', oldObject: prior }))
      mutate(review(next))
      return response.uid === uid && typeof response.allowed === 'boolean'
    }),
    { numRuns: 500 },
  )
  fc.assert(fc.property(fc.jsonValue(), body => [admit(body), mutate(body)].every(({ response }) => !response.allowed)))
})

t.test('what was a mere warning before an update is no reason to let a denial pass', async t => {
  const twice = (deletionPolicy: string) =>
    externalSecret(spec => {
      spec.data[1].secretKey = 'user'
      spec.target.deletionPolicy = deletionPolicy
    })
  t.equal(admit(review(twice('Merge'))).response.allowed, true)
  const update = review(twice('Retain'), { operation: 'UPDATE', oldObject: twice('Merge') })
  t.equal(admit(update).response.allowed, false)
})

t.test('expressions that unfold into thousands of ranges are refused before they are compiled', async t => {
  const dear = `(?i)${'\\PL'.repeat(300)}`
  const object = externalSecret(spec => {
    spec.dataFrom = Array.from({ length: 6 }, () => ({ find: { name: { regexp: dear } } }))
  })
  const started = effortMs()
  t.match(admit(review(object)).response.status?.message, /dataFrom\[0\]\.find\.name\.regexp/)
  t.ok(effortMs() - started < 200)
  const usual = externalSecret(spec => {
    spec.dataFrom = [{ find: { name: { regexp: '(?i)^/prod/[^/]+/[^/]+/\\pL+-db$' } } }]
  })
  t.equal(admit(review(usual)).response.allowed, true)
})
