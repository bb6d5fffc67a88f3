import t from 'tap'
import { createBound } from '../../../pkg/reconcile/preview/bound.ts'
import { createPatience } from '../../../pkg/reconcile/preview/patience.ts'
import { createPreview } from '../../../pkg/reconcile/preview/preview.ts'
import { externalSecret, secretStore } from './build.ts'
import { credentialsIn } from './credentials.ts'
import { text, world } from './ports.ts'
import { previewCases } from './preview-cases.ts'
import { linesOf, previewDeps, previewed } from './previewing.ts'

for (const [rule, cases] of Object.entries(previewCases)) {
  for (const { name, object, state = world, deps, lines } of cases) {
    t.test(`${rule}: ${name}`, async t => {
      t.same(await previewed(object, previewDeps(state(), deps)), lines)
    })
  }
}

const trusted = secretStore({ akeyless: { akeylessGWApiURL: 'https://api.akeyless.io' } })
const data = [{ secretKey: 'user', remoteRef: { key: '/db' } }]

t.test('an object of another kind, or none, costs nothing', async t => {
  const state = world()
  for (const object of [
    undefined,
    null,
    7,
    {},
    { kind: 'PushSecret' },
    { kind: 'SecretStore' },
    { kind: 'ExternalSecret' },
  ])
    t.same(await previewed(object, previewDeps(state)), [])
  t.same(state.log, [])
})

t.test('a universal identity is not tried: its token changes with use', async t => {
  const state = world({ stores: [secretStore()] })
  const credentials = credentialsIn({
    'demo/creds': { accessId: '', accessType: 'universal_identity', accessTypeParam: 'u-token' },
  })
  const deps = previewDeps(state, { credentials })
  t.same(await previewed(trusted, deps), [])
  t.same(await previewed(externalSecret({ spec: { data } }), deps), [])
  t.same(
    state.log.filter(line => !line.startsWith('get Secret')),
    [],
  )
})

t.test('nothing is written, and a search is listed and its items left unread', async t => {
  const state = world({ stores: [secretStore()] })
  state.items.set('/a', text('1'))
  const found = externalSecret({ spec: { data: undefined, dataFrom: [{ find: { name: { regexp: 'a' } } }] } })
  t.same(await previewed(found, previewDeps(state)), [])
  t.same(state.log, ['list /'])
})

/** Ports that never answer, but heed their signal. */
const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

t.test('a check ends with its signal, says what was not answered, and does not ask again at once', async t => {
  const state = world({ stores: [secretStore()] })
  let asked = 0
  const source = {
    login: (_: unknown, signal: AbortSignal) => {
      asked += 1
      return hang(signal)
    },
    inspect: (_i: unknown, _r: unknown, _o: unknown, signal: AbortSignal) => {
      asked += 1
      return hang(signal)
    },
    list: (_i: unknown, _q: unknown, _o: unknown, signal: AbortSignal) => hang(signal),
  }
  const preview = createPreview(previewDeps(state, { source }))
  const check = async (object: unknown) => {
    const ending = new AbortController()
    const findings = preview.check(ending.signal)(object)
    setImmediate(() => ending.abort(new DOMException('over', 'TimeoutError')))
    return linesOf((await findings) ?? [])
  }
  const at = 'spec.provider.akeyless.akeylessGWApiURL: not checked in full: gateway api.akeyless.io did not answer'
  const end = 'apply it, and read its status in a moment [not-checked]'
  t.same(await check(trusted), [`${at} within 1 s → ${end}`])
  t.same(await check(trusted), [`${at} a moment ago → ${end}`])
  const items = 'spec.secretStoreRef: not checked in full: gateway gateway.example.com did not answer'
  const object = externalSecret({ spec: { data } })
  t.same(await check(object), [`${items} within 1 s → ${end}`])
  t.same(await check(object), [`${items} a moment ago → ${end}`])
  t.equal(asked, 2)
})

t.test('credentials that do not come in time are not taken for missing', async t => {
  const state = world()
  const credentials = { ...state.credentials, secret: (_n: string, _s: string, signal: AbortSignal) => hang(signal) }
  const ending = new AbortController()
  const said = previewed(trusted, previewDeps(state, { credentials }), ending.signal)
  ending.abort(new DOMException('over', 'TimeoutError'))
  t.match(await said, [/authSecretRef: not checked in full: the API server did not answer within 1 s/])
})

t.test('one namespace takes half of the room and leaves the next one some', async t => {
  const bound = createBound(6)
  const enter = (tenant: string) => bound.enter(tenant) !== undefined
  t.same(['a', 'a', 'a', 'a'].map(enter), [true, true, true, false])
  t.same(['b', 'b', 'b'].map(enter), [true, true, false])
  const leave = bound.enter('c')
  t.ok(leave)
  t.notOk(enter('d'), 'full')
  leave?.()
  t.ok(enter('d'))
})

t.test('beyond the bound a check is not made, and says so', async t => {
  const state = world({ stores: [secretStore()] })
  const source = {
    login: (_: unknown, signal: AbortSignal) => hang(signal),
    inspect: async () => new Map(),
    list: async () => [],
  }
  const ending = new AbortController()
  const check = createPreview(previewDeps(state, { source })).check(ending.signal)
  const checks = Array.from({ length: 40 }, () => check(trusted))
  setImmediate(() => ending.abort())
  const all = await Promise.all(checks)
  const many = all
    .map(findings => linesOf(findings ?? []))
    .filter(([line = '']) => line.includes('too many checks are running'))
  t.equal(many.length, 8)
})

t.test('patience: one may try after a pause that doubles', async t => {
  const clock = { now: 0 }
  const patience = createPatience(() => clock.now)
  t.notOk(patience.isSpent('a'))
  patience.spent('a')
  t.ok(patience.isSpent('a'))
  t.notOk(patience.isSpent('b'))
  clock.now = 5_000
  t.same([patience.isSpent('a'), patience.isSpent('a')], [false, true], 'one of two')
  patience.spent('a')
  clock.now = 14_999
  t.ok(patience.isSpent('a'))
  clock.now = 15_000
  t.notOk(patience.isSpent('a'))
  patience.answered('a')
  t.notOk(patience.isSpent('a'))
})
