// Who does not know the path token opens no socket, whatever is posted; with it, the same review does.
import { Socket } from 'node:net'
import t from 'tap'
import { createAkeyless } from '#akeyless'
import { Sensitive } from '#core'
import { createPreview } from '../../../pkg/reconcile/preview/preview.ts'
import { readConfig } from '../../../server/config.ts'
import { createPathToken } from '../../../server/path-token.ts'
import { verdicts } from '../../../server/webhook.ts'
import { secretStore } from '../reconcile/build.ts'
import { world } from '../reconcile/ports.ts'
import { previewDeps } from '../reconcile/previewing.ts'
import { build, review } from './serving.ts'

const connects: unknown[] = []
const { connect } = Socket.prototype
Object.assign(Socket.prototype, {
  connect(this: Socket, ...args: unknown[]): unknown {
    connects.push(args)
    return Reflect.apply(connect, this, args)
  },
})
t.teardown(() => {
  Socket.prototype.connect = connect
})

const source = createAkeyless({
  now: Date.now,
  random: () => 0.5,
  // a port that nobody listens on
  resolve: new Map([['api.akeyless.io:443', { host: '127.0.0.1', port: 1 }]]),
})
t.teardown(() => source.close())
const state = world()
const preview = createPreview({ ...previewDeps(state), source })
const text = 't'.repeat(43)
const token = createPathToken(() => 0)
token.use(Sensitive.text(text))
const config = readConfig([], {})
const { app } = build(
  verdicts({ config, known: () => ({}), policy: undefined, templates: () => undefined, preview: () => preview }, token),
)

const { status: _, ...store } = secretStore({ akeyless: { akeylessGWApiURL: 'https://api.akeyless.io' } })
const payload = JSON.stringify(
  review(store, {
    namespace: 'demo',
    name: 'main',
    oldObject: null,
    resource: { group: 'external-secrets.io', version: 'v1', resource: 'secretstores' },
  }),
)
const post = async (url: string) =>
  (await app.fastify.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' }, payload })).json()

t.test('without the token no socket is opened and no credential read', async t => {
  for (const url of ['/validate', '/validate/x', `/validate/${text}x`, `/validate/${text.slice(1)}`, '/mutate'])
    for (let turn = 0; turn < 100; turn += 1)
      t.match((await post(url)).response, { allowed: true, warnings: undefined })
  t.same([connects.length, state.credentials.reads.length], [0, 0])
})

t.test('with it the same review is tried', async t => {
  const { response } = await post(`/validate/${text}`)
  t.match(response, { allowed: true, warnings: [/gateway api\.akeyless\.io does not answer: connection refused/] })
  t.ok(connects.length > 0)
  t.ok(state.credentials.reads.length > 0)
})
