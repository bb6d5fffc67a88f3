// What the guides' manifests and the samples are told at each apply, all of it: a warning there must be worth a reader's time.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { denialText, judge, warningTexts } from '#admission'

const root = join(import.meta.dirname, '../../..')
const files = ['test/live/guides', 'deploy/samples'].flatMap(folder =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith('.yaml'))
    .map(name => `${folder}/${name}`),
)
const context = {
  stores: () => ({ ours: true, admits: () => true }),
  refreshes: () => 0,
  genericTargets: false,
  localGateways: false,
  controllerClass: 'default',
  now: new Date('2026-06-01T00:00:00Z'),
}

const at = 'spec.provider.akeyless'
// the second guide's checklist says so itself: a ClusterSecretStore is for what all may have
const open =
  'spec.conditions: are missing: every namespace of the cluster may read with the identity of this store → list namespaces or a namespaceSelector; namespaceSelector: {} says that all are meant [store-open]'

/** By file, kind and name. */
const told: Readonly<Record<string, readonly string[]>> = {
  'test/live/guides/product.yaml SecretStore akeyless-k8s-secret-store': [
    `${at}.authSecretRef.kubernetesAuth.secretRef: is not used: kubernetesAuth has a serviceAccountRef too → remove one of them [kubernetes-auth]`,
    `${at}.akeylessGWApiURL: names the public API, which reviews no tokens of a cluster: kubernetesAuth is likely to be refused there → name your own Gateway [kubernetes-auth]`,
    `${at}.authSecretRef.kubernetesAuth.serviceAccountRef: names no audiences: the gateway gets a token that the API server takes too → write audiences, and bind the same ones in the auth method [token-audience]`,
  ],
  'test/live/guides/product.yaml ClusterSecretStore akeyless-cluster-secret-store': [open],
  'test/live/guides/setup.yaml ClusterSecretStore akeyless-cluster-store': [open],
  // this is there to be refused; the other one, misconfigured-store.yaml, is by a login alone
  'deploy/samples/misconfigured-externalsecret.yaml ExternalSecret misconfigured-external-secret': [
    'spec.refreshInterval: "5 minutes" is not a duration → write 5m',
    'spec.data[1].secretKey: "password" is the key of spec.data[0] too → give each entry a key of its own',
  ],
}

const seen = new Map<string, readonly string[]>()
for (const file of files) {
  for (const document of parseAllDocuments(readFileSync(join(root, file), 'utf8'))) {
    const object = document.toJS()
    if (!object?.apiVersion?.startsWith('external-secrets.io/')) continue
    const { denials, warnings } = judge(object, undefined, context)
    const lines = denialText('', denials)
      .split('\n')
      .slice(1)
      .map(line => line.trim())
    seen.set(`${file} ${object.kind} ${object.metadata.name}`, [...lines, ...warningTexts(warnings)])
  }
}

t.test('what is said of them is this, and of all others nothing', async t => {
  const spoken = Object.fromEntries([...seen].filter(([, lines]) => lines.length > 0))
  t.same(spoken, told)
  t.ok(seen.size >= 10, `${seen.size} manifests`)
})
