// What cluster-scoped kinds may do with the rights that deploy/ gives, and who else has a say: our own webhook, and --watch-namespaces.
import t from 'tap'
import { finalizerRole, rbac } from '../../deploy/rbac.ts'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import { get, patch, remove, settled } from '../support/objects.ts'
import { startAccount } from '../support/rights.ts'
import { childrenIn, externalSecretSpec, gone, namespacePath, pathOf, provisioned, saying, setUp } from './fan.ts'
import { startRegistered } from './registered.ts'
import { install } from './twin.ts'

await install()

t.test('the rights of deploy/rbac.yaml are enough, but for namespaces that ESO holds', async t => {
  const { start, space, make, mark } = await setUp(t)
  const finalizers = [`externalsecrets.external-secrets.io/ces-${mark}-rights`]
  const [a, b] = [await space('a'), await space('b', { finalizers })]
  const rights = await startAccount(t, a)
  await rights.grant(rbac)
  const latchkey = await start({ kubeconfig: rights.kubeconfig })
  const cluster = 'externalsecrets.external-secrets.io/clusterexternalsecret-cleanup'
  const maker = await make('ClusterExternalSecret', 'rights', {}, { finalizers: [cluster] })
  await provisioned(t, maker, [a, b])
  await provisioned(t, await make('ClusterPushSecret', 'rights'), [a, b])
  await patch(pathOf(maker), { spec: { externalSecretName: `${mark}-new` } })
  for (const each of [a, b]) await settled(t, `${childrenIn('ClusterExternalSecret', each)}/${mark}-new`, () => true)
  await gone(t, `${childrenIn('ClusterExternalSecret', a)}/${mark}-rights`)
  await patch(`${childrenIn('ClusterExternalSecret', b)}/${mark}-new`, { spec: { refreshInterval: '7m' } })
  await settled(t, `${childrenIn('ClusterExternalSecret', b)}/${mark}-new`, ({ spec }) => spec.refreshInterval !== '7m')

  const said = await until(t, 'the event about the finalizer', async () => {
    const { items } = await get(`/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3D${mark}-rights`)
    return items.find(({ type }: { type: string }) => type === 'Warning')?.message
  })
  t.match(
    said,
    /Namespace .*-b: .*Forbidden 403 → if it is the right to do so that is missing: kubectl apply -f deploy\/eso-finalizers\.yaml/,
  )
  t.same((await get(namespacePath(b))).metadata.finalizers, finalizers)

  await remove(pathOf(maker))
  await gone(t, pathOf(maker))
  t.same((await get(namespacePath(b))).metadata.finalizers, finalizers, 'the object does not wait for that right')

  await rights.grant(finalizerRole)
  const next = await make('ClusterExternalSecret', 'rights')
  await settled(t, namespacePath(b), ({ metadata }) => metadata.finalizers === undefined, 30_000)
  await provisioned(t, next, [a, b])
  t.same(
    latchkey.lines().filter(({ level }) => level === 'error'),
    [],
  )
})

t.test('a child that our own webhook refuses fails by its words', async t => {
  const { start, space, make } = await setUp(t)
  const refused = await space('refused')
  await startRegistered(t, { namespace: refused, gateway: await startTlsGateway(t) })
  await start({ args: ['--unsafe-allow-generic-targets'] })
  // this process allows what that one does not
  const maker = await make('ClusterExternalSecret', 'worded', {
    externalSecretSpec: { ...externalSecretSpec, target: { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } } },
  })
  const { status } = await saying(t, maker, /denied the request/)
  t.match(status.failedNamespaces, [
    {
      namespace: refused,
      reason: /validate\.externalsecret\.latchkey\.dev" denied the request: .*spec\.target\.manifest: .* → /,
    },
  ])
})

t.test('kinds that are not installed are not waited for, and served when they come', async t => {
  const { start, space, make, audit } = await setUp(t)
  const a = await space('a')
  audit.hide('/apis/external-secrets.io/v1alpha1/')
  await start()
  await provisioned(t, await make('ClusterExternalSecret', 'there'), [a])
  const maker = await make('ClusterPushSecret', 'later')
  audit.hide(undefined)
  await provisioned(t, maker, [a])
})

t.test('with --watch-namespaces cluster-scoped kinds are left alone', async t => {
  const { make, space, mark } = await setUp(t)
  const a = await space('a')
  const maker = await make('ClusterExternalSecret', 'scoped')
  const args = ['--controller-class', mark]
  const latchkey = await startLatchkey(t, { gateway: await startTlsGateway(t), namespace: await namespaceFor(t), args })
  t.equal(await latchkey.stop(), 0)
  t.equal((await get(pathOf(maker))).status, undefined)
  t.equal(await get(`${childrenIn('ClusterExternalSecret', a)}/${maker.metadata.name}`), undefined)
  t.notMatch(JSON.stringify(latchkey.lines()), 'ClusterExternalSecret')
})
