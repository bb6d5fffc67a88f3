// docs/targets.md does what it says: its manifests are applied as they stand there.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { kubectl, namespace as namespaceFor } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import { get, type Json, pathsOf, readyStore, whenReady } from '../support/objects.ts'
import { installKind } from './manifest/kinds.ts'
import { install, must } from './twin.ts'

const page = readFileSync(new URL('../../docs/targets.md', import.meta.url), 'utf8')
const [role = '', manifests = ''] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml]) => yaml)
await install()
const widget = await installKind(t, 'shop.example.com', 'Widget')
const account = '--as=system:serviceaccount:latchkey-system:latchkey'

t.test('the role on the page gives what Latchkey needs for these kinds, and no more', async t => {
  await must(['apply', '-f', '-'], role)
  t.teardown(() => kubectl(['delete', '-f', '-'], { input: role }))
  for (const kind of ['configmaps', 'widgets.shop.example.com']) {
    for (const verb of ['get', 'list', 'watch', 'create', 'update', 'delete']) {
      const { stdout } = await kubectl(['auth', 'can-i', verb, kind, account], { namespace: 'default' })
      t.equal(stdout.trim(), 'yes', `${verb} ${kind}`)
    }
  }
  for (const kind of ['pods', 'rolebindings', 'deployments']) {
    const { stdout } = await kubectl(['auth', 'can-i', 'create', kind, account], { namespace: 'default' })
    t.equal(stdout.trim(), 'no', kind)
  }
})

t.test('the ExternalSecrets on the page make what it says', async t => {
  const namespace = await namespaceFor(t)
  const gateway = await startTlsGateway(t)
  await startLatchkey(t, { namespace, gateway, args: ['--unsafe-allow-generic-targets'] })
  await readyStore(t, namespace)
  await must(['apply', `--namespace=${namespace}`, '-f', '-'], manifests)
  const names = parseAllDocuments(manifests).map((document): Json => document.toJS().metadata.name)
  t.same(names, ['shop-settings', 'shop-widget'])
  for (const name of names) await whenReady(t, `${pathsOf(namespace).externalSecrets}/${name}`)
  const settings = await get(`/api/v1/namespaces/${namespace}/configmaps/shop-settings`)
  t.same(settings.data, { 'app.ini': 'user=demo' })
  t.match(await get(widget.at(namespace, 'shop-widget')), { spec: { database: { user: 'demo', port: 5432 } } })
})
