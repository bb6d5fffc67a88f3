import t from 'tap'
import { catalogue, denialText, judge, warningTexts } from '#admission'
import { clusterStore, externalSecret } from './objects.ts'
import type { Cases } from './rules/cases.ts'
import { externalSecretCases } from './rules/externalsecret.ts'
import { storeCases } from './rules/store.ts'
import { targetCases } from './rules/target.ts'

const es = externalSecret
const stores = ({ name }: { name: string }) => (name === 'ghost' ? undefined : { ours: name !== 'vault' })
const context = { stores, genericTargets: true }

/** Every line that the judge says: denials as `path: what → remedy`, warnings with their rule behind. */
const said = (object: unknown): string[] => {
  const { denials, warnings } = judge(object, undefined, context)
  return [
    ...denialText('', denials)
      .split('\n')
      .slice(1)
      .map(line => line.trim()),
    ...warningTexts(warnings),
  ]
}

const cases: Cases = { ...externalSecretCases, ...targetCases, ...storeCases }

for (const [rule, { passes, fails }] of Object.entries(cases)) {
  t.test(`${rule} passes what is right and says what is wrong`, async t => {
    passes.forEach((object, index) => {
      t.same(said(object), [], `passes ${index}`)
    })
    for (const [object, ...lines] of fails) {
      t.same(said(object), lines)
      const { denials, warnings } = judge(object, undefined, context)
      t.ok(
        [...denials, ...warnings].some(finding => finding.rule === rule),
        `${rule} is the one that speaks`,
      )
    }
  })
}

t.test('every rule is in the catalogue with one line, and every one in the catalogue is tried here', async t => {
  t.same([...catalogue.keys()].sort(), Object.keys(cases).sort())
  for (const [id, doc] of catalogue) t.match(doc, /^\S.{20,140}\.$/, id)
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
  const started = performance.now()
  const { denials } = judge(es(s => Object.assign(s, { data: entries })))
  t.ok(denials.length > 7_000)
  // 5 s where every finding was held against every issue
  t.ok(performance.now() - started < 1_000)
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
    const started = performance.now()
    const { denials, warnings } = judge(es(s => fill(s, 700_000)))
    t.match(denials, [{ path: 'spec', message: 'has more than 40000 fields and entries', rule: 'schema' }], name)
    t.same([denials.length, warnings.length], [1, 0])
    // 10 s where each of them was looked at
    t.ok(performance.now() - started < 500, name)
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
