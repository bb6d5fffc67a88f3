import t from 'tap'
import { examine, type Finding, templateCheck, templateFindings } from '#admission'
import type { TemplateEngine } from '#materialize'
import { setTimer, startEngine } from '../template/running.ts'
import { clusterStore, externalSecret, review, store } from './objects.ts'

const engine = startEngine()
t.teardown(() => engine.close())
const check = templateCheck({ engine, setTimer })

const templated = (data: Readonly<Record<string, string>>, more: object = {}) =>
  externalSecret(s => Object.assign(s.target, { template: { data }, ...more }))

const never: TemplateEngine['check'] = () => {
  throw new Error('the engine was asked')
}

t.test('what has no actions asks nothing of the engine, and so starts no thread', async t => {
  const plain = [
    externalSecret(),
    store(),
    clusterStore(),
    templated({ a: 'plain }} text' }),
    templated({ a: '{{ .user' }, { creationPolicy: 'None' }),
    externalSecret(s => Object.assign(s.target, { template: { type: '{{ .x }}', templateFrom: [{}, 7, null] } })),
    externalSecret(s => Object.assign(s, { target: 7, dataFrom: [{ rewrite: [{}, { transform: [] }] }, null] })),
    ...[null, 7, [], {}, { kind: 'ExternalSecret' }, { kind: 'ExternalSecret', spec: null }, { kind: 'constructor' }],
  ]
  for (const object of plain) t.equal(templateFindings(object, { check: never }), undefined, JSON.stringify(object))
})

t.test('what is too broad to be looked at is refused as a whole, and not parsed', async t => {
  const data = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, '{{ x']))
  t.equal(templateFindings(templated(data), { check: never }), undefined)
})

t.test('of many templates that are wrong a hundred are told', async t => {
  const data = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`k${index}`, '{{ x']))
  t.equal((await templateFindings(templated(data), engine))?.length, 100)
})

const ask = async (object: object, prior?: object) => {
  const asked = review(object, prior && { operation: 'UPDATE', oldObject: prior })
  const { response } = await examine(asked, {}, { local: check })
  return {
    allowed: response.allowed,
    lines: response.status?.message.split('\n').slice(1),
    warnings: response.warnings,
  }
}
const uper = 'spec.target.template.data.url: line 1: function "uper" is not defined → did you mean upper?'

t.test('a template that was there before the update warns; one that comes with it is refused', async t => {
  const before = templated({ url: '{{ uper .user }}' })
  t.same(await ask(before), { allowed: false, lines: [`  ${uper}`], warnings: undefined })
  const edited = templated({ url: '{{ uper .user }}', other: '{{ .user }}' })
  t.same(await ask(edited, before), {
    allowed: true,
    lines: undefined,
    warnings: [`${uper} [template, accepted before]`],
  })
  t.match(await ask(templated({ url: '{{ .user }}', b: '{{ uper .user }}' }), before), { allowed: false })
})

const outcomes =
  (problem: object): TemplateEngine['check'] =>
  async () => ({
    problems: [
      { index: 1, blame: 'engine', message: 'it takes too long and was ended', remedy: 'make it smaller', ...problem },
    ],
  })
const object = templated({ a: '{{ .a }}', b: '{{ .b }}' })
const said = (found: readonly Finding[] | undefined) =>
  found?.map(({ level, path, message }) => `${level} ${path}: ${message}`)

t.test('where the engine is unwell or has no time, the object passes with a warning that says so', async t => {
  t.same(said(await templateFindings(object, { check: outcomes({}) })), [
    'warn spec.target.template.data.b: was not checked: it takes too long and was ended',
  ])
  t.same(
    said(
      await templateFindings(object, {
        check: outcomes({ index: 0, message: 'too many templates wait to be rendered' }),
      }),
    ),
    ['warn spec.target.template.data.a: was not checked: too many templates wait to be rendered'],
  )
})

t.test('an answer that does not come in time is not waited for', async t => {
  const cancelled: number[] = []
  const timer = (ms: number, run: () => void) => {
    queueMicrotask(run)
    return () => void cancelled.push(ms)
  }
  const slow = templateCheck({ engine: { of: () => ({ check: () => new Promise(() => {}) }) }, setTimer: timer })
  t.same(said(await slow(object)), ['warn spec: its templates were not checked: too many wait before them'])
  t.same(cancelled, [1_000])
})

t.test('a text that breaks the parser costs its own object the check, and no other one', async t => {
  const nested = '{{ if .a }}'.repeat(400_000)
  const [finding, ...others] = (await check(templated({ a: nested }))) ?? []
  t.same(others, [])
  t.ok(finding, 'it is told of')
  t.comment(`${finding?.level} ${finding?.message}`)
  t.same(await check(object), [])
})

t.test('tenants of admission are others than those of the reconciler', async t => {
  const tenants: string[] = []
  const of = (tenant: string) => {
    tenants.push(tenant)
    return { check: async () => ({ results: [] }) }
  }
  await templateCheck({ engine: { of }, setTimer })(object)
  t.same(tenants, ['admission/team-a'])
})
