// A ServiceAccount with rules from deploy/, and a way to the API server under its name.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import type { Manifest } from '../../deploy/names.ts'
import { createAccount, tokenOf } from './accounts.ts'
import { apiServer, kubeconfigPath, request } from './cluster.ts'
import { create, remove } from './objects.ts'

interface Ending {
  teardown(fn: () => unknown): unknown
}

const api = '/apis/rbac.authorization.k8s.io/v1'

const kubeconfigOf = (token: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'rights',
        cluster: {
          server: apiServer.url,
          'certificate-authority-data': Buffer.from(apiServer.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'rights', user: { token } }],
    contexts: [{ name: 'rights', context: { cluster: 'rights', user: 'rights' } }],
    'current-context': 'rights',
  })

export interface Rights {
  readonly kubeconfig: string
  /** Gives the cluster-wide rules of these manifests until the test ends. */
  grant(manifests: readonly Manifest[]): Promise<void>
}

/** A ServiceAccount that may do nothing yet. */
export const startAccount = async (t: Ending, namespace: string): Promise<Rights> => {
  const account = `rights-${randomBytes(4).toString('hex')}`
  await createAccount(namespace, account)
  const kubeconfig = join(dirname(kubeconfigPath), `${account}.yaml`)
  writeFileSync(kubeconfig, kubeconfigOf(await tokenOf(namespace, account)))
  let serial = 0
  return {
    kubeconfig,
    grant: async manifests => {
      serial += 1
      const name = `${account}-${serial}`
      const rules = manifests.flatMap(({ kind, rules: own, metadata }) => {
        const { labels = {} } = metadata as { labels?: Record<string, string> } // metadata() in deploy/names.ts
        const isForPeople = Object.keys(labels).some(label => label.includes('aggregate'))
        return kind === 'ClusterRole' && !isForPeople ? (own as object[]) : []
      })
      await create(`${api}/clusterroles`, { metadata: { name }, rules })
      await create(`${api}/clusterrolebindings`, {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
      })
      t.teardown(async () => {
        await request('DELETE', `${api}/clusterrolebindings/${name}`)
        await remove(`${api}/clusterroles/${name}`)
      })
    },
  }
}
