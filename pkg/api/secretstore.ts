import { z } from 'zod'
import {
  Condition,
  dataKey,
  int64,
  LabelSelector,
  namespaceName,
  ObjectMeta,
  objectName,
  SecretKeySelector,
  ServiceAccountSelector,
} from './meta.ts'

const CredentialKeys = z.object({
  accessID: SecretKeySelector.optional().meta({ description: 'Key that holds the access id of the auth method.' }),
  accessType: SecretKeySelector.optional().meta({
    description:
      'Key that holds the access type: api_key, access_key, k8s, aws_iam, azure_ad, gcp, jwt, universal_identity or cert.',
  }),
  accessTypeParam: SecretKeySelector.optional().meta({
    description:
      'Key that holds what the access type needs besides: access key, Kubernetes auth config name, object or client id, audience, u- token, or certificate and key in PEM.',
  }),
})

const KubernetesAuth = z.object({
  accessID: z.string().meta({ description: 'Access id of the Kubernetes auth method.' }),
  k8sConfName: z.string().meta({ description: 'Name of the Kubernetes auth config on the gateway.' }),
  serviceAccountRef: ServiceAccountSelector.optional().meta({
    description:
      'ServiceAccount whose token is the proof of identity. Without it and without secretRef: that of Latchkey itself.',
  }),
  secretRef: SecretKeySelector.optional().meta({
    description: 'Secret that holds a ServiceAccount token; without a key, `token` is read.',
  }),
})

const AkeylessAuth = z.object({
  secretRef: CredentialKeys.optional().meta({ description: 'Credentials in Secrets: works for every access type.' }),
  kubernetesAuth: KubernetesAuth.optional().meta({ description: 'Kubernetes auth without a credentials Secret.' }),
  serviceAccountRef: ServiceAccountSelector.optional().meta({
    description: 'ServiceAccount that logs in: by its federated identity with azure_ad, by its token with k8s and jwt.',
  }),
})

const CAProvider = z.object({
  type: z.enum(['Secret', 'ConfigMap']).meta({ description: 'Kind of the object that holds the CA certificate.' }),
  name: objectName.meta({ description: 'Name of the object.' }),
  key: dataKey.optional().meta({ description: 'Key in the object.' }),
  namespace: namespaceName.optional().meta({
    description: 'Namespace of the object. Required in a ClusterSecretStore; in a SecretStore only its own is allowed.',
  }),
})

/** How to reach Akeyless and who to be there (compatibility.md §1.2). */
export const AkeylessProvider = z.object({
  akeylessGWApiURL: z.string().meta({
    description: 'URL of the Akeyless API or gateway. Empty means https://api.akeyless.io.',
  }),
  ignoreCache: z.boolean().optional().meta({ description: 'Ask the gateway to read past its own cache.' }),
  authSecretRef: AkeylessAuth.meta({ description: 'How to log in.' }),
  // Beside authSecretRef as in the Azure guide; the mutating webhook moves it to its place (decision 24).
  serviceAccountRef: ServiceAccountSelector.optional().meta({
    description: 'Accepted in place of authSecretRef.serviceAccountRef, where it belongs.',
  }),
  caBundle: z.string().optional().meta({
    description: 'PEM certificates, base64, that replace the system roots for this gateway.',
    format: 'byte',
  }),
  caProvider: CAProvider.optional().meta({ description: 'Where to read those certificates instead of caBundle.' }),
})
export type AkeylessProvider = z.infer<typeof AkeylessProvider>

/** Exactly one provider. What is not Akeyless is kept as it came, for the operator that serves it (decision 2). */
export const Provider = z.looseObject({
  akeyless: AkeylessProvider.optional().meta({
    description: 'The Akeyless provider, the only one that Latchkey serves.',
  }),
})
export type Provider = z.infer<typeof Provider>

const StoreCondition = z.object({
  namespaceSelector: LabelSelector.optional().meta({ description: 'Admits namespaces by their labels.' }),
  namespaces: z.array(namespaceName).optional().meta({ description: 'Admits namespaces by name.' }),
  namespaceRegexes: z
    .array(z.string())
    .optional()
    .meta({ description: 'Admits namespaces whose name a regular expression (RE2, not anchored) matches.' }),
})
export type StoreCondition = z.infer<typeof StoreCondition>

export const SecretStoreSpec = z
  .object({
    controller: z
      .string()
      .optional()
      .meta({ description: 'Controller class that serves this store; empty means any.' }),
    provider: Provider.meta({ description: 'The provider; exactly one.', minProperties: 1, maxProperties: 1 }),
    retrySettings: z
      .object({
        maxRetries: z
          .int32()
          .optional()
          .meta({ description: 'How often a failed call that does no harm twice is tried again: 10 times at most.' }),
        retryInterval: z.string().optional().meta({ description: 'Time between two tries, as 10s: 100 ms at least.' }),
      })
      .optional()
      .meta({ description: 'How calls to Akeyless are tried again; without maxRetries as Latchkey sees fit.' }),
    refreshInterval: z.union([z.int(), z.string()]).optional().meta({
      description: 'How often the store is validated again: seconds, or a duration as 5m.',
      'x-kubernetes-int-or-string': true,
    }),
    conditions: z.array(StoreCondition).optional().meta({
      description: 'Which namespaces may use a ClusterSecretStore; any one that holds is enough, none means all.',
    }),
  })
  .meta({ description: 'How to reach the provider.' })
export type SecretStoreSpec = z.infer<typeof SecretStoreSpec>

export const SecretStoreStatus = z
  .object({
    conditions: z.array(Condition).optional().meta({ description: 'Ready: True after a real login.' }),
    capabilities: z.string().optional().meta({ description: 'ReadOnly, WriteOnly or ReadWrite.' }),
    observedGeneration: int64.optional().meta({ description: 'Generation of the spec that the conditions speak of.' }),
  })
  .meta({ description: 'What Latchkey found out about the store.' })
export type SecretStoreStatus = z.infer<typeof SecretStoreStatus>

const store = <const K extends 'SecretStore' | 'ClusterSecretStore'>(kind: K) =>
  z.object({
    apiVersion: z.string(),
    kind: z.literal(kind),
    metadata: ObjectMeta,
    spec: SecretStoreSpec,
    status: SecretStoreStatus.optional(),
  })

/** A store for one namespace. */
export const SecretStore = store('SecretStore').meta({ description: 'How to log in to Akeyless, for one namespace.' })
export type SecretStore = z.infer<typeof SecretStore>

/** A store for all namespaces, or those that its conditions admit. */
export const ClusterSecretStore = store('ClusterSecretStore').meta({
  description: 'How to log in to Akeyless, for all namespaces or for those that its conditions admit.',
})
export type ClusterSecretStore = z.infer<typeof ClusterSecretStore>
