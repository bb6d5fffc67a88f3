import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import t from 'tap'
import { createAkeyless, type Proofs } from '#akeyless'
import { type Identity, type Login, refKey } from '#api'
import { Fault, Sensitive } from '#core'
import { createIdentities } from '../../../pkg/reconcile/identities.ts'
import { secretStore } from './build.ts'
import { credentialsIn } from './credentials.ts'

const signal = new AbortController().signal
const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)

/** A gateway whose every value says for whom it was made: for the login, by all that was sent with it, and for the base path. */
const startTeller = async (id: number): Promise<string> => {
  const answers: Record<string, (body: Record<string, unknown>, base: string) => unknown> = {
    auth: (body, base) => ({ token: `t-${digest([id, base, Object.entries(body).sort()])}` }),
    'validate-token': () => ({ is_valid: true }),
    'describe-item': ({ name }) => ({ item_name: name, item_type: 'STATIC_SECRET', is_enabled: true }),
    'get-secret-value': ({ names, token, 'uid-token': uid }, base) => {
      const who = token ?? digest([id, base, uid])
      return Object.fromEntries([names].flat().map(name => [name, `${who} ${name}`]))
    },
  }
  const server = createServer((request, response) => {
    const [, base = '', op = ''] = /^(.*)\/([^/]*)$/.exec(request.url ?? '') ?? []
    textOf(request).then(body => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answers[op]?.(JSON.parse(body), base) ?? { error: 'none' }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Proofs that say what they were asked for, and the same each time. */
const say = (what: unknown) => Promise.resolve(Sensitive.text(JSON.stringify(what)))
const proofs: Proofs = {
  projectedToken: token => say(token),
  aws: () => say('aws'),
  azure: of => say(of),
  gcp: audience => say(audience),
}

const startClient = () => {
  const client = createAkeyless({ now: Date.now, random: () => 0.5, proofs })
  t.teardown(() => client.close())
  return client
}
type Client = ReturnType<typeof startClient>

/** Whom the value was made for that one identity reads. */
const whoReads = async (client: Client, identity: Identity, path: string, maxAgeMs: number): Promise<string> => {
  const ref = { path, version: 0 }
  const value = (await client.read(identity, [ref], { maxAgeMs, scope: 'one' }, signal)).get(refKey(ref))
  if (!value || value instanceof Fault) throw value ?? new Error('nothing was read')
  const [who = '', name] = value.text.reveal().toString().split(' ')
  return name === path ? who : `the value of ${name}`
}

const account = { namespace: 'a', name: 'sa', audiences: ['x', 'y'] }
const of = (more: object = {}) => ({ from: 'service-account', ...account, ...more }) as const
const workload = (more: object = {}, deep: object = {}) => ({
  clientId: 'c',
  tenantId: 't',
  ...more,
  serviceAccount: { ...account, ...deep },
})
const secret = Sensitive.text
const ids = { accessId: 'p-x' }

/** Each differs from another in one thing alone. */
const logins: readonly Login[] = [
  { type: 'api_key', ...ids, accessKey: secret('one') },
  { type: 'api_key', ...ids, accessKey: secret('two') },
  { type: 'api_key', accessId: 'p-y', accessKey: secret('one') },
  { type: 'aws_iam', ...ids },
  { type: 'aws_iam', accessId: 'p-y' },
  { type: 'gcp', ...ids, audience: 'one' },
  { type: 'gcp', ...ids, audience: 'two' },
  { type: 'azure_ad', ...ids },
  { type: 'azure_ad', ...ids, objectId: 'o' },
  { type: 'azure_ad', ...ids, objectId: 'p' },
  ...[{}, { clientId: 'd' }, { tenantId: 'u' }].map(more => ({
    type: 'azure_ad' as const,
    ...ids,
    workload: workload(more),
  })),
  ...[{ namespace: 'b' }, { name: 'sb' }, { audiences: ['x,y'] }].map(deep => ({
    type: 'azure_ad' as const,
    ...ids,
    workload: workload({}, deep),
  })),
  ...(['k8s', 'jwt'] as const).flatMap(type =>
    [
      of(),
      of({ namespace: 'b' }),
      of({ name: 'sb' }),
      of({ audiences: ['x'] }),
      of({ audiences: ['xy'] }),
      { from: 'own' as const, audiences: [] },
      { from: 'own' as const, audiences: ['x'] },
      { from: 'secret' as const, token: secret('one') },
      { from: 'secret' as const, token: secret('two') },
    ].map((token): Login => (type === 'k8s' ? { type, ...ids, config: 'c', token } : { type, ...ids, token })),
  ),
  { type: 'k8s', ...ids, config: 'd', token: of() },
  { type: 'universal_identity', token: secret('u-one') },
  { type: 'universal_identity', token: secret('u-two') },
  { type: 'cert', ...ids, certificate: secret('one'), key: secret('one') },
  { type: 'cert', ...ids, certificate: secret('one'), key: secret('two') },
  { type: 'cert', ...ids, certificate: secret('two'), key: secret('one') },
]

/** The same sequence each time: a failure can be run again. */
const createRandom = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const together = 1_000
const paths = ['/a', '/b', '/a/b', '/A']

t.test('in 70,000 random reads no value of one identity reaches another', async t => {
  const bases = [await startTeller(1), await startTeller(2)].flatMap(url => [`${url}/v2`, `${url}/api/v2`])
  const identities = bases.flatMap(gateway =>
    logins.flatMap(login => [true, false].map(ignoreCache => ({ gateway, ignoreCache, login }))),
  )
  // a client that knows one identity alone cannot mix it up
  const owners = await Promise.all(identities.map(identity => whoReads(startClient(), identity, '/a', 0)))
  t.equal(new Set(owners).size, identities.length / 2, 'each is told from all others, but by ignoreCache')

  const random = createRandom(1)
  const client = startClient()
  const crossed: string[] = []
  const once = async () => {
    const index = random(identities.length)
    const [identity, owner] = [identities[index], owners[index]]
    const age = random(20) === 0 ? 0 : 60e3
    const path = paths[random(paths.length)] ?? '/a'
    if (!identity) return
    const who = await whoReads(client, identity, path, age)
    if (who !== owner) crossed.push(`${identity.login.type} read ${who}`)
  }
  for (let done = 0; done < 70_000; done += together) await Promise.all(Array.from({ length: together }, once))
  t.same(crossed, [])
})

t.test('in 30,000 random steps neither does one of two stores with the same name', async t => {
  const gateway = `${await startTeller(3)}/v2`
  const spaces = ['team-a', 'team-b'] as const
  const secrets: Record<string, Record<string, string>> = {}
  const made = { 'team-a': 0, 'team-b': 0 }
  const ours = new Map<string, string>()
  const random = createRandom(2)
  let at = 0
  const identities = createIdentities({ credentials: credentialsIn(secrets), trustedGateways: [] }, () => new Date(at))

  /** Another access key, under one access id for both. */
  const rotate = async (space: (typeof spaces)[number]) => {
    made[space] += 1
    const accessKey = `${space} ${made[space]}`
    const login: Login = { type: 'api_key', accessId: 'p-x', accessKey: secret(accessKey) }
    ours.set(await whoReads(startClient(), { gateway, ignoreCache: false, login }, '/a', 0), space)
    secrets[`${space}/creds`] = { accessId: 'p-x', accessType: 'api_key', accessTypeParam: accessKey }
  }
  const uids = { 'team-a': 0, 'team-b': 0 }
  const storeIn = (space: (typeof spaces)[number]) =>
    // one uid for both is the worst that may come
    secretStore({ metadata: { namespace: space, uid: `uid-${uids[space]}` }, akeyless: { akeylessGWApiURL: gateway } })
  for (const space of spaces) await rotate(space)

  const client = startClient()
  const crossed: string[] = []
  const step = async () => {
    const space = spaces[random(2)] ?? 'team-a'
    const what = random(1000)
    if (what === 0) await rotate(space)
    else if (what === 1) uids[space] += 1
    else if (what === 2) identities.drop(`SecretStore/${space}/main`)
    else if (what < 20) at += 1_000
    const identity = await identities.of(storeIn(space), space, signal)
    const who = await whoReads(client, identity, paths[random(paths.length)] ?? '/a', random(20) === 0 ? 0 : 60e3)
    if (ours.get(who) !== space) crossed.push(`${space} read what ${ours.get(who)} has`)
  }
  for (let done = 0; done < 30_000; done += together) await Promise.all(Array.from({ length: together }, step))
  t.same(crossed, [])
  t.ok(made['team-a'] > 5 && made['team-b'] > 5)
})
