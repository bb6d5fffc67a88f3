export { ClusterExternalSecret } from './clusterexternalsecret.ts'
export { ClusterPushSecret } from './clusterpushsecret.ts'
export {
  type CustomResourceDefinition,
  customResourceDefinition,
  customResourceDefinitions,
  type KindDefinition,
  kinds,
} from './crd.ts'
export { DataEntry, DataFromEntry, Find, RemoteRef, Rewrite, SecretStoreRef, SourceRef } from './data.ts'
export { kindPage } from './docs.ts'
export { ExternalSecret, ExternalSecretSpec, ExternalSecretStatus, type SyncWindows, Target } from './externalsecret.ts'
export {
  type AccessType,
  type AzureWorkload,
  accessTypes,
  type Identity,
  type Login,
  type ProjectedToken,
} from './identity.ts'
export {
  type ItemQuery,
  type ItemRef,
  type ItemType,
  type ItemValue,
  itemTypes,
  type Leasable,
  type ListedItem,
  type RemoteItem,
  type RemoteValue,
  refKey,
} from './item.ts'
export {
  Condition,
  group,
  LabelSelector,
  ObjectMeta,
  OwnerRef,
  recordOf,
  SecretKeySelector,
  ServiceAccountSelector,
} from './meta.ts'
export { fits, type PathRule, Policy, type PolicyLevel, policyLevels, refreshBudget } from './policy.ts'
export {
  type PushEntry,
  PushSecret,
  type PushSecretSpec,
  type PushSecretStatus,
  type PushStoreRef,
  type PushTo,
} from './pushsecret.ts'
export { type AdmissionAnswer, AdmissionRequest, AdmissionResponse, AdmissionReview, answer } from './review.ts'
export { type Schema, schemaOf } from './schema.ts'
export {
  AkeylessProvider,
  ClusterSecretStore,
  Provider,
  SecretStore,
  SecretStoreSpec,
  SecretStoreStatus,
  type StoreCondition,
} from './secretstore.ts'
export { Template, TemplateFrom } from './template.ts'
