const group = 'external-secrets.io/v1'

/** URL path of one of our collections in a namespace. */
export const collection = (namespace: string, plural: string, version = 'v1'): string =>
  `/apis/external-secrets.io/${version}/namespaces/${namespace}/${plural}`

/** The login of dev/seeds/items.yaml that may read everything. */
export const credentials = {
  metadata: { name: 'credentials' },
  stringData: { accessId: 'p-devdevdevdab', accessType: 'api_key', accessTypeParam: 'dev-access-key-not-a-secret' },
}

const from = (key: string) => ({ name: 'credentials', key })

/** A store that the development gateway serves; of another controller class, it is there and nobody acts on it. */
export const secretStore = (name: string, controller?: string) => ({
  apiVersion: group,
  kind: 'SecretStore',
  metadata: { name },
  spec: {
    ...(controller !== undefined && { controller }),
    provider: {
      akeyless: {
        akeylessGWApiURL: 'https://api.akeyless.io',
        authSecretRef: {
          secretRef: {
            accessID: from('accessId'),
            accessType: from('accessType'),
            accessTypeParam: from('accessTypeParam'),
          },
        },
      },
    },
  },
})

export interface Ref {
  readonly key: string
  readonly property?: string
}

/** `data` maps keys of the Secret to items; the Secret has the name of the ExternalSecret. */
export const externalSecret = (name: string, store: string, data: Readonly<Record<string, Ref>>) => ({
  apiVersion: group,
  kind: 'ExternalSecret',
  metadata: { name },
  spec: {
    refreshInterval: '1h',
    secretStoreRef: { kind: 'SecretStore', name: store },
    target: { name, creationPolicy: 'Owner' },
    data: Object.entries(data).map(([secretKey, remoteRef]) => ({ secretKey, remoteRef })),
  },
})

/** The Secret of its name goes to one item, as JSON. */
export const pushSecret = (name: string, remoteKey: string, spec: object) => ({
  apiVersion: 'external-secrets.io/v1alpha1',
  kind: 'PushSecret',
  metadata: { name },
  spec: {
    refreshInterval: '1h',
    secretStoreRefs: [{ kind: 'SecretStore', name: 'store' }],
    selector: { secret: { name } },
    data: [{ match: { remoteRef: { remoteKey } } }],
    ...spec,
  },
})

/** The same ExternalSecret for every namespace with a label; of another controller class, nobody makes them. */
export const clusterExternalSecret = (
  name: string,
  label: Readonly<Record<string, string>>,
  refreshTime: string,
  controller?: string,
) => ({
  apiVersion: group,
  kind: 'ClusterExternalSecret',
  metadata: { name, annotations: controller === undefined ? {} : { 'latchkey.dev/controller-class': controller } },
  spec: {
    refreshTime,
    namespaceSelectors: [{ matchLabels: label }],
    externalSecretSpec: {
      ...externalSecret(name, 'bench-fan', { value: { key: '/bench/fan' } }).spec,
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'bench-fan' },
    },
  },
})

/** The same ExternalSecret with texts as its template, each a key of the Secret in place of the keys of `data`. */
export const templated = (plain: ReturnType<typeof externalSecret>, data: Readonly<Record<string, string>>) => ({
  ...plain,
  spec: { ...plain.spec, target: { ...plain.spec.target, template: { data } } },
})
