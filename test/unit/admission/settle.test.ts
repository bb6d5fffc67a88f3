import t from 'tap'
import { type Check, denialText, examine, judge, stamp, together, warning, warningTexts } from '#admission'
import type { Policy } from '#api'
import { externalSecret, review } from './objects.ts'

const negative = (silence?: string) => ({
  ...externalSecret(s => {
    s.refreshInterval = '-5m'
  }),
  metadata: { name: 'db', namespace: 'team-a', ...(silence && { annotations: { 'latchkey.dev/silence': silence } }) },
})
const what = '"-5m" is negative and means never again'
const told = `spec.refreshInterval: ${what} → write 0 if that is meant [refresh-interval]`
const ids = (level: Policy['rules'][string]): Policy => ({ rules: { 'refresh-interval': level } })

const said = (object: unknown, policy?: Policy): string[] => {
  const { denials, warnings } = judge(object, undefined, { policy })
  return [...denialText('', denials).split('\n').slice(1), ...warningTexts(warnings)].map(line => line.trim())
}

const cases: readonly { name: string; object: object; policy?: Policy; says: readonly string[] }[] = [
  { name: 'a warning is said', object: negative(), says: [told] },
  { name: 'an annotation silences it', object: negative('find, refresh-interval'), says: [] },
  { name: 'a policy turns it off', object: negative(), policy: ids('off'), says: [] },
  {
    name: 'a policy makes it a denial, which no annotation silences and which names the rule',
    object: negative('refresh-interval'),
    policy: ids('deny'),
    says: [`spec.refreshInterval: ${what} → write 0 if that is meant [refresh-interval, by policy]`],
  },
  {
    name: 'what a policy wants to be warned about no annotation silences',
    object: negative('refresh-interval'),
    policy: ids('warn'),
    says: [told],
  },
  {
    name: 'an annotation that names no rule is warned about, with the rule that was meant',
    object: negative('refresh-intervall,nonsense-of-its-own'),
    says: [
      told,
      'metadata.annotations["latchkey.dev/silence"]: "refresh-intervall" is no rule that warns → did you mean refresh-interval? [silence]',
      'metadata.annotations["latchkey.dev/silence"]: "nonsense-of-its-own" is no rule that warns → write the id that stands in brackets behind a warning [silence]',
    ],
  },
  {
    name: 'a rule that only denies cannot be silenced',
    object: { ...negative('secret-key'), spec: externalSecret(s => Object.assign(s, { data: [], dataFrom: [] })).spec },
    says: [
      'spec: has neither data nor dataFrom → name at least one item under data',
      'metadata.annotations["latchkey.dev/silence"]: "secret-key" denies, and cannot be silenced → leave it out [silence]',
    ],
  },
]
for (const { name, object, policy, says } of cases) {
  t.test(name, async t => {
    t.same(said(object, policy), says)
  })
}

t.test('what an object was accepted with before the policy became stricter is a warning at an update', async t => {
  const { denials, warnings } = judge(negative(), negative(), { policy: ids('deny') })
  t.same([denials.length, warnings.length], [0, 1])
})

const finding = (level: 'deny' | 'warn') => stamp('live-item', { path: 'spec.data[0]', message: 'is not there', level })
const asked = (check: Check, object: object, prior?: object, policy?: Policy) =>
  examine(review(object, prior && { operation: 'UPDATE', oldObject: prior }), { policy }, { remote: check })

t.test('a check is asked once the rules have passed, and its findings stand beside theirs', async t => {
  const { response } = await asked(async () => [finding('deny'), finding('warn')], negative())
  t.equal(response.allowed, false)
  t.match(response.status?.message, 'spec.data[0]: is not there')
  t.same(response.warnings, [told, 'spec.data[0]: is not there [live-item]'])
})

t.test('a check is not asked about what the rules refuse', async t => {
  const never: Check = () => t.fail('was asked') as never
  const { response } = await asked(
    never,
    externalSecret(s => Object.assign(s, { data: [], dataFrom: [] })),
  )
  t.equal(response.allowed, false)
})

t.test('what a check has against the object before an update too becomes a warning', async t => {
  const { response } = await asked(async () => [finding('deny')], externalSecret(), negative())
  t.equal(response.allowed, true)
  t.same(response.warnings, ['spec.data[0]: is not there [live-item, accepted before]'])
})

t.test(
  'a local check speaks beside the rules, and the remote side is asked only where neither has anything against it',
  async t => {
    const refused = externalSecret(s => Object.assign(s, { data: [], dataFrom: [] }))
    const lines = async (object: object, local: Check) => {
      const seen: unknown[] = []
      const remote: Check = async each => {
        seen.push(each)
        return [finding('warn')]
      }
      const { response } = await examine(review(object), {}, { local, remote })
      return {
        asked: seen.length,
        said: [...(response.status?.message.split('\n').slice(1) ?? []), ...(response.warnings ?? [])],
      }
    }
    const nothing = 'spec: has neither data nor dataFrom → name at least one item under data'
    const there = 'spec.data[0]: is not there'
    t.same(await lines(refused, async () => [finding('deny')]), { asked: 0, said: [`  ${nothing}`, `  ${there}`] })
    t.same(await lines(externalSecret(), async () => [finding('deny')]), { asked: 0, said: [`  ${there}`] })
    const warned = `${there} [live-item]`
    t.same(await lines(externalSecret(), async () => [finding('warn')]), { asked: 1, said: [warned, warned] })
    t.same(await lines(externalSecret(), () => undefined), { asked: 1, said: [warned] })
  },
)

t.test('where no check has anything to ask, the answer is there at once', async t => {
  const none = together([() => undefined, () => undefined])
  for (const checks of [{}, { local: none }, { local: none, remote: none }]) {
    t.notOk(examine(review(externalSecret()), {}, checks) instanceof Promise)
  }
  const one = together([() => undefined, async () => [finding('deny')], async () => [finding('warn')]])
  t.match(await one(externalSecret()), [{ level: 'deny' }, { level: 'warn' }])
})

t.test('what another operator serves is asked about nowhere', async t => {
  const never: Check = () => t.fail('was asked') as never
  const { response } = await examine(
    review(externalSecret()),
    { stores: () => ({ ours: false }) },
    { local: never, remote: never },
  )
  t.equal(response.allowed, true)
})

t.test('rules that can warn say so', async t => {
  t.ok(warning.includes('refresh-interval'))
  t.notOk(warning.includes('secret-key'))
})
