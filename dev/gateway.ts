import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { issueCa, issueLeaf, randomSources } from '#certs'
import { createGateway, readSeed, type Seed, type SeedInput } from '#devgateway'

const seedFile = resolve(import.meta.dirname, 'seeds/items.yaml')

type Cluster = Seed['kubernetes'][number]

/** What a ServiceAccount of the guides logs in as, where a cluster is there to review its token (dev/seeds/kubernetes-auth.yaml). */
const withCluster = (seed: Seed, cluster: Cluster | undefined): Seed => {
  if (!cluster) return seed
  const identity: Seed['identities'][number] = {
    type: 'k8s',
    accessId: 'p-devk8sdevk8skb',
    ttlMinutes: 60,
    config: cluster.name,
    namespaces: ['akeyless-demo'],
    serviceAccounts: ['akeyless-demo-sa'],
    audiences: ['akeyless.io'],
    rules: [{ path: '/apps/prod/*', allow: ['read', 'list'], deny: false, subClaims: {} }],
  }
  return { ...seed, kubernetes: [...seed.kubernetes, cluster], identities: [...seed.identities, identity] }
}

/** A gateway that answers for a host, with a certificate of a CA (PEM) made for it. */
export const startTlsGateway = async (host: string, seed: SeedInput) => {
  const now = new Date()
  const sources = randomSources()
  const ca = await issueCa({ sources, now })
  const leaf = await issueLeaf({ ca, sources, now, names: { dns: [host, 'localhost'], ip: ['127.0.0.1'] } })
  const tls = { cert: leaf.cert, key: leaf.key.reveal().toString() }
  const gateway = await createGateway({ seed, tls, now: () => new Date() })
  return { gateway, ca: ca.cert, port: Number(new URL(gateway.url).port) }
}

/** The development gateway under the name that the guides use; with a cluster it knows who logs in by a ServiceAccount too. */
export const startGateway = async (state: string, cluster?: Cluster) => {
  const seed = withCluster(readSeed(readFileSync(seedFile, 'utf8')), cluster)
  const { ca, ...running } = await startTlsGateway('api.akeyless.io', seed)
  const caFile = join(state, 'gateway-ca.crt')
  writeFileSync(caFile, ca)
  return { ...running, caFile, items: seed.items.length, identities: seed.identities.length }
}
