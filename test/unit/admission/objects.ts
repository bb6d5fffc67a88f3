/** Manifests that pass every rule without a word; a test changes one thing in them. */
// biome-ignore lint/suspicious/noExplicitAny: tests put anything anywhere
type Json = any

export const externalSecret = (change: (spec: Json, object: Json) => void = () => {}): Json => {
  const object = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'app', namespace: 'team-a' },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { name: 'main', kind: 'SecretStore' },
      target: { name: 'app' },
      data: [
        { secretKey: 'user', remoteRef: { key: '/apps/db', property: 'user' } },
        { secretKey: 'password', remoteRef: { key: '/apps/db', property: 'password' } },
      ],
    },
  }
  change(object.spec, object)
  return object
}

const selectors = (namespace?: string) => {
  const place = namespace ? { namespace } : {}
  return {
    accessID: { name: 'creds', key: 'accessId', ...place },
    accessType: { name: 'creds', key: 'accessType', ...place },
    accessTypeParam: { name: 'creds', key: 'accessTypeParam', ...place },
  }
}

export const store = (change: (akeyless: Json, spec: Json, object: Json) => void = () => {}): Json => {
  const akeyless = { akeylessGWApiURL: 'https://api.akeyless.io', authSecretRef: { secretRef: selectors() } }
  const object = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'main', namespace: 'team-a' },
    spec: { provider: { akeyless } },
  }
  change(akeyless, object.spec, object)
  return object
}

export const clusterStore = (change: (akeyless: Json, spec: Json, object: Json) => void = () => {}): Json =>
  store((akeyless, spec, object) => {
    object.kind = 'ClusterSecretStore'
    object.metadata = { name: 'main' }
    akeyless.authSecretRef.secretRef = selectors('creds-ns')
    spec.conditions = [{ namespaces: ['team-a'] }]
    change(akeyless, spec, object)
  })

export const review = (object: Json, over: Json = {}): Json => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind: { group: 'external-secrets.io', version: 'v1', kind: object?.kind ?? 'ExternalSecret' },
    resource: { group: 'external-secrets.io', version: 'v1', resource: 'any' },
    operation: 'CREATE',
    name: object?.metadata?.name ?? '',
    namespace: object?.metadata?.namespace,
    object,
    oldObject: null,
    ...over,
  },
})
