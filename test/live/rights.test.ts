// Latchkey with the rights that deploy/ ships, and not an administrator's: every login that needs rights of its own, and what is
// missing where deploy/tokens.yaml was not applied.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse, parseAllDocuments, stringify } from 'yaml'
import type { SeedInput } from '#devgateway'
import { createAccount, reviewingCluster, tokenOf } from '../support/accounts.ts'
import { type Audit, startAudit } from '../support/audit.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { accessKey } from '../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  akeylessSpec,
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  pathsOf,
  readyOf,
  remove,
  secretStore,
  settled,
  storeSpec,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
const deploy = join(import.meta.dirname, '../../deploy')
const rbacApi = '/apis/rbac.authorization.k8s.io/v1'
const folder = mkdtempSync(join(tmpdir(), 'latchkey-rights-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const controller = `rights-${randomBytes(4).toString('hex')}`
const own = await namespaceFor(t)
const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`
const account = 'latchkey'
await createAccount(own, account)
await createAccount(namespace, 'reader')

/** The objects of a shipped file that give rights to the process, for an account of the test's own. */
const granting = (file: string, change: (role: Json) => void = () => {}): readonly Json[] =>
  parseAllDocuments(readFileSync(join(deploy, file), 'utf8'))
    .map(document => document.toJSON())
    .filter(({ kind, metadata }) => /^(Cluster)?Role(Binding)?$/.test(kind) && !/-(view|edit)$/.test(metadata.name))
    .map(object => {
      const named = (name: string) => `${controller}-${name}`
      object.metadata.name = named(object.metadata.name)
      if (object.metadata.namespace) object.metadata.namespace = own
      if (object.roleRef) object.roleRef.name = named(object.roleRef.name)
      for (const subject of object.subjects ?? []) Object.assign(subject, { name: account, namespace: own })
      if (object.rules) change(object)
      return object
    })
const grant = async (objects: readonly Json[]): Promise<() => Promise<void>> => {
  const made: string[] = []
  for (const { kind, metadata, ...rest } of objects) {
    const base = metadata.namespace ? `${rbacApi}/namespaces/${metadata.namespace}` : rbacApi
    const collection = `${base}/${kind.toLowerCase()}s`
    await create(collection, { kind, metadata, ...rest })
    made.push(`${collection}/${metadata.name}`)
  }
  return async () => {
    for (const path of made) await remove(path)
  }
}

// a universal identity whose tokens seem to end in four seconds
const lifeMs = 60 * 60e3
const universal = { accessId: 'p-uidtokenuiduub', token: 'u-first-token-not-a-secret' }
const rules = [{ path: '/*', allow: ['read' as const, 'list' as const] }]
const items: SeedInput['items'] = [{ path: '/one', type: 'STATIC_SECRET', value: 'v' }]
const ids = { kubernetes: 'p-anyany0anyankb', key: 'p-keykeyk0keykab' } as const
const gateway = await startTlsGateway(t, {
  kubernetes: [await reviewingCluster(t, namespace)],
  identities: [
    { type: 'k8s', accessId: ids.kubernetes, config: 'live', audiences: ['akeyless.io'], rules },
    { type: 'api_key', accessId: ids.key, accessKey, rules },
  ],
  items,
})
const now = () => new Date(Date.now() - lifeMs + 4_000)
const foreign = await startTlsGateway(
  t,
  { identities: [{ type: 'universal_identity', tokenTtlMinutes: lifeMs / 60e3, ...universal, rules }], items },
  { serves: 'gateway.example.com', now, random: randomBytes },
)

/** A process with the rights of the account, and a list of what it asked for. */
const start = async (t: Tap) => {
  const audit = await startAudit(t)
  const config: Json = parse(readFileSync(audit.kubeconfig, 'utf8'))
  config.users[0].user = { token: await tokenOf(own, account) }
  const kubeconfig = join(folder, `${randomBytes(4).toString('hex')}.yaml`)
  writeFileSync(kubeconfig, stringify(config))
  const latchkey = await startLatchkey(t, {
    gateway,
    kubeconfig,
    args: [
      ...['--controller-class', controller, '--leader-elect', '--namespace', own],
      ...['--resolve', `gateway.example.com:443=127.0.0.1:${foreign.port}`],
    ],
  })
  return { audit, latchkey }
}
type Tap = Parameters<typeof whenReady>[0]

// a namespace of another test that is being deleted takes no events, whoever may write them
const isOthersEvent = (path: string) => path.endsWith('/events') && path !== paths.events

const forbidden = (audit: Audit) =>
  audit
    .asked()
    .flatMap(({ method, path, status }) => (status === 403 && !isOthersEvent(path) ? [`${method} ${path}`] : []))

const logInAs = (name: string) =>
  akeylessSpec(
    {
      authSecretRef: {
        kubernetesAuth: {
          accessID: ids.kubernetes,
          k8sConfName: 'live',
          serviceAccountRef: { name, audiences: ['akeyless.io'] },
        },
      },
    },
    { controller },
  )
const bySecret = (secret: string, more: object = {}) =>
  akeylessSpec({ ...storeSpec({ secret }).provider.akeyless, ...more }, { controller })
const stores = ['by-account', 'by-key', 'by-universal-identity'] as const
const caProvider = { type: 'ConfigMap', name: 'gateway-ca', key: 'ca.crt' }

await create(paths.secrets, credentials({ name: 'key', accessId: ids.key, accessKey }))
await create(
  paths.secrets,
  credentials({
    name: 'universal',
    accessId: universal.accessId,
    accessType: 'universal_identity',
    accessKey: universal.token,
  }),
)
await create(configMaps, { metadata: { name: 'gateway-ca' }, data: { 'ca.crt': readFileSync(foreign.caFile, 'utf8') } })
const specs = {
  'by-account': logInAs('reader'),
  'by-key': bySecret('key'),
  'by-universal-identity': bySecret('universal', { akeylessGWApiURL: 'https://gateway.example.com', caProvider }),
}
for (const name of stores) {
  await create(paths.stores, secretStore(name, specs[name]))
  const spec = { secretStoreRef: { name }, refreshInterval: '1s', data: [entry('k', '/one')] }
  await create(paths.externalSecrets, externalSecret(name, spec))
}
await grant(granting('rbac.yaml')).then(revoke => t.teardown(revoke))

t.test('without deploy/tokens.yaml one store is not ready, says which right it lacks, and the others work', async t => {
  const { audit, latchkey } = await start(t)
  for (const name of ['by-key', 'by-universal-identity']) {
    await whenReady(t, `${paths.stores}/${name}`)
    await whenReady(t, `${paths.externalSecrets}/${name}`)
  }
  const store = await whenReady(t, `${paths.stores}/by-account`, 'False')
  t.match(
    readyOf(store)?.message,
    /^spec\.provider\.akeyless(?:\.authSecretRef)?: .*request a token of ServiceAccount \S+\/reader.* → give that right: kubectl apply -f deploy\/tokens\.yaml$/,
  )
  await whenReady(t, `${paths.externalSecrets}/by-account`, 'False')
  const denied = [...new Set(forbidden(audit))].sort()
  t.same(denied, ['GET /api/v1/serviceaccounts', `POST /api/v1/namespaces/${namespace}/serviceaccounts/reader/token`])
  await latchkey.stop()
})

t.test('with the rights of before, without list and watch, an account that comes is found by looking', async t => {
  const less = granting('tokens.yaml', role => {
    for (const rule of role.rules) if (rule.resources.includes('serviceaccounts')) rule.verbs = ['get']
  })
  const revoke = await grant(less)
  const { audit, latchkey } = await start(t)
  await whenReady(t, `${paths.stores}/by-account`)
  await create(paths.stores, secretStore('waits', logInAs('late')))
  await whenReady(t, `${paths.stores}/waits`, 'False')
  await createAccount(namespace, 'late')
  await whenReady(t, `${paths.stores}/waits`, 'True', 13_000)
  const lists = forbidden(audit).filter(line => line === 'GET /api/v1/serviceaccounts').length
  t.ok(lists > 0 && lists < 15, `asked ${lists} times for what it may not have`)
  const news = latchkey
    .lines()
    .filter(({ msg, kind }) => msg === 'a watch cannot be taken up' && kind === 'serviceaccounts')
  t.equal(news.filter(({ level }) => level === 'warn').length, 1, 'said once')
  await latchkey.stop()
  await revoke()
})

t.test('with what deploy/ ships every login works, and nothing is asked for that may not be', async t => {
  await grant(granting('tokens.yaml')).then(revoke => t.teardown(revoke))
  const { audit, latchkey } = await start(t)
  for (const name of stores) {
    t.match(readyOf(await whenReady(t, `${paths.stores}/${name}`))?.reason, 'Valid', name)
    await whenReady(t, `${paths.externalSecrets}/${name}`)
    t.same(textsOf(await get(`${paths.secrets}/${name}`)), { k: 'v' }, name)
  }
  const token = async () => textsOf(await get(`${paths.secrets}/universal`))['accessTypeParam'] ?? ''
  const before = await token()
  await until(t, 'the successor of the token in the Secret', async () =>
    (await token()) === before ? undefined : true,
  )
  t.match(await token(), /^u-/)

  await create(paths.stores, secretStore('waits-too', logInAs('later')))
  await whenReady(t, `${paths.stores}/waits-too`, 'False')
  await createAccount(namespace, 'later')
  await whenReady(t, `${paths.stores}/waits-too`, 'True')
  await settled(t, paths.events, ({ items }) =>
    items.some(({ involvedObject }: Json) => involvedObject.name === 'waits-too'),
  )
  t.same(forbidden(audit), [])
  await latchkey.stop()
})
