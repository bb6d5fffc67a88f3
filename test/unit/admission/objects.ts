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

export const pushSecret = (change: (spec: Json, object: Json) => void = () => {}): Json => {
  const object = {
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'push', namespace: 'team-a' },
    spec: {
      refreshInterval: '1h',
      secretStoreRefs: [{ name: 'main', kind: 'SecretStore' }],
      selector: { secret: { name: 'app' } },
      data: [
        { match: { secretKey: 'user', remoteRef: { remoteKey: '/pushed/db', property: 'user' } } },
        { match: { secretKey: 'password', remoteRef: { remoteKey: '/pushed/db', property: 'password' } } },
      ],
    },
  }
  change(object.spec, object)
  return object
}

const namespaceSelectors = [{ matchLabels: { team: 'a' } }]

/** `change` gets the spec of what it makes, and its own. */
export const clusterExternalSecret = (change: (made: Json, spec: Json, object: Json) => void = () => {}): Json => {
  const { spec: externalSecretSpec } = externalSecret()
  externalSecretSpec.secretStoreRef.kind = 'ClusterSecretStore'
  const object = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterExternalSecret',
    metadata: { name: 'all' },
    spec: { refreshTime: '1h', namespaceSelectors, externalSecretSpec },
  }
  change(object.spec.externalSecretSpec, object.spec, object)
  return object
}

export const clusterPushSecret = (change: (made: Json, spec: Json, object: Json) => void = () => {}): Json => {
  const { spec: pushSecretSpec } = pushSecret()
  pushSecretSpec.secretStoreRefs[0].kind = 'ClusterSecretStore'
  const object = {
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'ClusterPushSecret',
    metadata: { name: 'all' },
    // more than one would write the same items
    spec: {
      refreshTime: '1h',
      namespaceSelectors: [{ matchLabels: { 'kubernetes.io/metadata.name': 'team-a' } }],
      pushSecretSpec,
    },
  }
  change(object.spec.pushSecretSpec, object.spec, object)
  return object
}

const versionOf = (object: Json): string => object?.apiVersion?.split?.('/')[1] ?? 'v1'

export const review = (object: Json, over: Json = {}): Json => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind: { group: 'external-secrets.io', version: versionOf(object), kind: object?.kind ?? 'ExternalSecret' },
    resource: { group: 'external-secrets.io', version: versionOf(object), resource: 'any' },
    operation: 'CREATE',
    name: object?.metadata?.name ?? '',
    namespace: object?.metadata?.namespace,
    object,
    oldObject: null,
    ...over,
  },
})
