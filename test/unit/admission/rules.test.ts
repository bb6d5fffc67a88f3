import t from 'tap'
import { catalogue, denialText, type Finding, judge, templateCheck, warning, warningTexts } from '#admission'
import { effortMs } from '../../support/effort.ts'
import { previewCases } from '../reconcile/preview-cases.ts'
import { startEngine } from '../template/running.ts'
import { clusterPushSecret, clusterStore, externalSecret, pushSecret, store } from './objects.ts'
import { cases } from './rules/all.ts'
import { context } from './rules/context.ts'

const es = externalSecret

const engine = startEngine()
t.teardown(() => engine.close())
// how long it takes is not what is asked here
const check = templateCheck({ engine, setTimer: () => () => {} })

/** What the rules find, and then what the checks find that need no remote side. */
const examined = async (object: unknown) => {
  const { denials, warnings } = judge(object, undefined, context)
  const found = (await check(object)) ?? []
  const of = (level: Finding['level']) => found.filter(finding => finding.level === level)
  return { denials: [...denials, ...of('deny')], warnings: [...warnings, ...of('warn')] }
}

/** Every line of it: denials as `path: what → remedy`, warnings with their rule behind. */
const said = async (object: unknown): Promise<string[]> => {
  const { denials, warnings } = await examined(object)
  return [
    ...denialText('', denials)
      .split('\n')
      .slice(1)
      .map(line => line.trim()),
    ...warningTexts(warnings),
  ]
}

for (const [rule, { passes, fails }] of Object.entries(cases)) {
  t.test(`${rule} passes what is right and says what is wrong`, async t => {
    for (const [index, object] of passes.entries()) t.same(await said(object), [], `passes ${index}`)
    for (const [object, ...lines] of fails) {
      t.same(await said(object), lines)
      const { denials, warnings } = await examined(object)
      t.ok(
        [...denials, ...warnings].some(finding => finding.rule === rule),
        `${rule} is the one that speaks`,
      )
      // of what is another operator's denials are warnings too
      const own = warnings.some(({ rule: by }) => by === 'foreign') ? [] : warnings
      for (const { rule: by } of own) t.ok(warning.includes(by), `${by} says that it can warn`)
    }
  })
}

t.test('every rule is in the catalogue with one line, and every one in the catalogue is tried here', async t => {
  // what takes more than a look at the object is tried in test/unit/reconcile/preview.test.ts
  t.same([...catalogue.keys()].sort(), [...new Set([...Object.keys(cases), ...Object.keys(previewCases)])].sort())
  for (const [id, { doc }] of catalogue) t.match(doc, /^\S.{20,140}\.$/, id)
})

t.test('what the schema says of a field the rules do not say again, of what holds it or of what it holds', async t => {
  const object = es(s => {
    s.data = []
    s.dataFrom = 7
    s.secretStoreRef.name = 'Bad_Name'
    s.refreshInterval = '5 minutes'
  })
  const { denials, warnings } = judge(object, undefined, { stores: () => undefined })
  t.same(
    [...denials, ...warnings].map(({ rule, path }) => `${rule} ${path}`),
    ['schema spec.secretStoreRef.name', 'schema spec.dataFrom', 'refresh-interval spec.refreshInterval'],
  )
})

t.test('4,000 broken entries among 8,000 cost one look each', async t => {
  const entries = Array.from({ length: 8_000 }, (_, index) => ({
    secretKey: index % 2 ? 'a b' : 'x',
    remoteRef: { key: '' },
  }))
  const started = effortMs()
  const { denials } = judge(es(s => Object.assign(s, { data: entries })))
  t.ok(denials.length > 7_000)
  // 5 s where every finding was held against every issue
  t.ok(effortMs() - started < 1_000)
})

t.test('what is pushed costs one look each too, whatever it collides with or names', async t => {
  const many = <T>(count: number, one: (index: number) => T) => Array.from({ length: count }, (_, index) => one(index))
  const match = (index: number) => ({ secretKey: 'k', remoteRef: { remoteKey: '/a', property: `p${index % 2_000}` } })
  const storeRef = { name: 'main' }
  const target = many(5_000, index => `$g${index}`).join('')
  const step = { regexp: { source: '('.repeat(1_000), target } }
  const heavy: Readonly<Record<string, object>> = {
    collisions: { data: many(6_000, index => ({ match: match(index) })) },
    'entries that are alike': { dataTo: many(8_000, () => ({ storeRef })) },
    groups: { dataTo: [{ storeRef, rewrite: many(100, () => step) }] },
    'groups of one long source': { dataTo: [{ storeRef, rewrite: [{ regexp: { source: '<'.repeat(1e6), target } }] }] },
    selectors: { secretStoreRefs: many(4_000, () => ({ labelSelector: { matchLabels: { '': '-' } } })) },
    'items of many stores': {
      data: many(6_000, index => ({ match: match(index) })),
      secretStoreRefs: many(9_000, () => storeRef),
    },
  }
  for (const [name, change] of Object.entries(heavy)) {
    for (const make of [pushSecret, clusterPushSecret]) {
      const started = effortMs()
      const { denials } = judge(make(s => Object.assign(s, change)))
      t.ok(denials.length > 0, name)
      t.ok(effortMs() - started < 1_000, name)
    }
  }
})

t.test('an object with more fields and entries than any of ours is told of as a whole', async t => {
  const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)
  const lists: Readonly<Record<string, (spec: ReturnType<typeof es>['spec'], count: number) => void>> = {
    data: (s, count) => Object.assign(s, { data: many(count, {}) }),
    find: (s, count) => Object.assign(s, { dataFrom: many(count, { find: {} }) }),
    windows: (s, count) => Object.assign(s, { syncWindows: { kind: 'allow', windows: many(count, 7) } }),
    finalizers: (s, count) => Object.assign(s.target, { template: { metadata: { finalizers: many(count, '') } } }),
  }
  for (const [name, fill] of Object.entries(lists)) {
    const started = effortMs()
    const { denials, warnings } = judge(es(s => fill(s, 700_000)))
    t.match(denials, [{ path: 'spec', message: 'has more than 40000 fields and entries', rule: 'schema' }], name)
    t.same([denials.length, warnings.length], [1, 0])
    // 10 s where each of them was looked at
    t.ok(effortMs() - started < 500, name)
  }
  t.ok(judge(es(s => lists['find']?.(s, 1_000))).denials.length > 900, 'what may be is looked at')
  const empty = { kind: 'ExternalSecret', metadata: null, spec: null }
  t.ok(judge(empty).denials.length > 0)
})

t.test('the work of compiling regular expressions is bounded for a manifest', async t => {
  const sources = Array.from({ length: 5_000 }, (_, index) => `(a{1,900}){1,1}${index}`)
  const find = es(s => {
    s.dataFrom = sources.map(regexp => ({ find: { name: { regexp } } }))
  })
  const conditions = clusterStore((_, s) => {
    s.conditions = [{ namespaceRegexes: ['^team-[a-z0-9]{1,40}$', 'x{999}'.repeat(150), '('] }]
  })
  const too = 'is too much to compile, by itself or after those before it'
  const of = (object: unknown, rule: string) =>
    judge(object).denials.flatMap(({ path, message, rule: by }) => (by === rule ? `${path}: ${message}` : []))
  t.same(of(find, 'regexp'), [`spec.dataFrom[9].find.name.regexp: ${too}`])
  t.same(of(conditions, 'store-conditions'), [`spec.conditions[0].namespaceRegexes[1]: ${too}`])
})

t.test(
  'a manifest target is refused where the flag is known to be missing, and lowered where another writes it',
  async t => {
    const object = es(s => {
      s.target.manifest = { apiVersion: 'v1', kind: 'ConfigMap' }
    })
    const line =
      'spec.target.manifest: targets other than Secrets are switched off → make a Secret, or have Latchkey started with --unsafe-allow-generic-targets and rights on the kind'
    const off = judge(object, undefined, { genericTargets: false })
    t.equal(denialText('x', off.denials), `x: 1 fault\n  ${line}`)
    for (const genericTargets of [true, undefined]) {
      t.same(judge(object, undefined, { genericTargets }), { denials: [], warnings: [] }, `${genericTargets}`)
    }
    const beside = judge(object, undefined, { genericTargets: false, reconciledElsewhere: true })
    t.same([beside.denials.length, beside.warnings.length], [0, 1])
    const never = es(s => {
      s.target.manifest = { apiVersion: 'v1', kind: 'ServiceAccount' }
    })
    t.match(judge(never, undefined, { genericTargets: false }).denials, [{ message: /is never written/ }])
  },
)

t.test('a local gateway is refused in every spelling, where the flag is known to be missing', async t => {
  const at = (host: string) =>
    store(a => {
      a.akeylessGWApiURL = `https://${host}:8000/v2`
    })
  const wrong = (host: string, context: Parameters<typeof judge>[2] = { localGateways: false }) =>
    judge(at(host), undefined, context).denials.map(({ rule, message }) => `${rule} ${message}`)
  const loopback = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0x7f.1',
    '①②⑦.0.0.1',
    '127。0。0。1',
  ]
  for (const host of [...loopback, '127.0.0.1.', '%31%32%37.0.0.1']) {
    t.match(wrong(host), [/^gateway-url "127\.0\.0\.1\.?" is local to the machine/], host)
  }
  const others = ['0', '0.0.0.0', '169.254.169.254', '0xa9fea9fe', '2852039166', '168.63.129.16', '224.0.0.1']
  const six = [
    '::1',
    '::',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::169.254.169.254',
  ]
  const more = [...six, '2002:7f00:1::', '0:0:0:0:0:ffff:7f00:1', 'fd00:ec2::254', '2001:db8::5efe:7f00:1']
  const names = ['localhost', 'LOCALHOST', 'localhost.', 'a.b.localhost', 'localhost.localdomain', 'ip6-loopback']
  for (const host of [...others, ...more.map(text => `[${text}]`), ...names, 'metadata.google.internal']) {
    t.match(wrong(host), [/^gateway-url ".*" is local to the machine that Latchkey runs on$/], host)
  }
  for (const host of ['kubernetes.default', 'kubernetes.default.svc', 'Kubernetes.default.svc.cluster.local.']) {
    t.match(wrong(host), [/^gateway-url ".*" is the API server of the cluster$/], host)
  }
  for (const host of ['[fe80::1%25eth0]', '[::1%eth0]', '127.0.0.256', '[::1']) {
    t.match(wrong(host), [/^gateway-url ".*" is not a URL$/], host)
  }
  const fine = ['10.0.0.1', '192.168.1.1', '[fd00::1]', '[::ffff:10.0.0.1]', 'localhost.example.com', 'mylocalhost']
  for (const host of [...fine, 'kubernetes.default.example.com', 'akeyless-gw.akeyless.svc', '8.8.8.8']) {
    t.same(wrong(host), [], host)
  }
  for (const localGateways of [true, undefined]) t.same(wrong('127.0.0.1', { localGateways }), [], `${localGateways}`)
  const beside = judge(at('localhost'), undefined, { localGateways: false, reconciledElsewhere: true })
  t.match(beside, { denials: [], warnings: [{ rule: 'gateway-url' }] }, 'where another reconciles, it may work')
})
