// Stores as the API server stores them: the schema has nothing against them, rules may have.
import type { Json, Taste } from './externalsecret.ts'

type Pool = readonly [string, ...string[]]

const maybe = <T>({ random }: Taste, chance: number, make: () => T): T | undefined =>
  random.chance(chance) ? make() : undefined

const urls: Pool = [
  'https://gateway.example.com',
  'https://api.akeyless.io/v2',
  'http://gw.example.com',
  'https://',
  'not a url',
  'https://me:hunter2@gw.example.com',
  'https://127.0.0.1:8000',
  'https://gw.example.com#x',
  'https://169.254.169.254',
  '',
]

const selector = (taste: Taste, isCluster: boolean): Json => ({
  name: maybe(taste, 1 - taste.odd / 4, () => 'creds'),
  key: maybe(taste, 1 - taste.odd / 4, () => taste.random.pick(['accessId', 'accessType', 'accessTypeParam'])),
  namespace: maybe(taste, isCluster ? 1 - taste.odd / 2 : taste.odd / 2, () => taste.random.pick(['ops', 'demo'])),
})

const serviceAccount = (taste: Taste): Json => ({
  name: taste.random.pick(['sa', 'other']),
  namespace: maybe(taste, taste.odd, () => 'ops'),
  audiences: maybe(taste, taste.odd, () => ['a']),
})

const auth = (taste: Taste, isCluster: boolean): Json => {
  const { odd } = taste
  return {
    secretRef: maybe(taste, 1 - odd / 3, () => ({
      accessID: maybe(taste, 1 - odd / 4, () => selector(taste, isCluster)),
      accessType: maybe(taste, 1 - odd / 4, () => selector(taste, isCluster)),
      accessTypeParam: maybe(taste, 0.8, () => selector(taste, isCluster)),
    })),
    kubernetesAuth: maybe(taste, odd / 2, () => ({
      accessID: taste.random.pick(['p-abcdef', '']),
      k8sConfName: taste.random.pick(['conf', '']),
      serviceAccountRef: maybe(taste, 0.4, () => serviceAccount(taste)),
      secretRef: maybe(taste, 0.3, () => selector(taste, isCluster)),
    })),
    serviceAccountRef: maybe(taste, odd / 2, () => serviceAccount(taste)),
  }
}

/** One SecretStore or ClusterSecretStore; `alias` is how often it has the guides' spelling of serviceAccountRef. */
export const generatedStore = (taste: Taste, name: string, alias = taste.odd / 2): Json => {
  const { random, odd } = taste
  const isCluster = random.chance(0.3)
  const spec = {
    controller: maybe(taste, odd / 4, () => 'another'),
    refreshInterval: maybe(taste, odd, () => random.pick(['1h', '5 minutes', '-1s', ''] as const)),
    retrySettings: maybe(taste, odd / 2, () => ({
      maxRetries: random.pick([3, -1, 0] as const),
      retryInterval: random.pick(['1s', 'soon'] as const),
    })),
    conditions: maybe(taste, odd / 2, () => [{ namespaceRegexes: [random.pick(['^team', '('] as const)] }]),
    provider: {
      akeyless: {
        akeylessGWApiURL: random.chance(odd) ? random.pick(urls) : urls[0],
        authSecretRef: auth(taste, isCluster),
        serviceAccountRef: maybe(taste, alias, () => serviceAccount(taste)),
        caBundle: maybe(taste, odd / 2, () => random.pick(['AAAA', 'no base64', ''] as const)),
        caProvider: maybe(taste, odd / 3, () => ({
          type: random.pick(['Secret', 'ConfigMap'] as const),
          name: 'ca',
          key: 'ca.crt',
          namespace: maybe(taste, isCluster ? 0.7 : odd, () => 'ops'),
        })),
      },
    },
  }
  return JSON.parse(
    JSON.stringify({
      apiVersion: 'external-secrets.io/v1',
      kind: isCluster ? 'ClusterSecretStore' : 'SecretStore',
      metadata: isCluster ? { name } : { name, namespace: 'demo' },
      spec,
    }),
  )
}
