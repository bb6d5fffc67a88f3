import type { ClusterExternalSecret, ClusterPushSecret, ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'
import { foreignRule } from '../foreign.ts'
import { silenceRule } from '../settle.ts'
import { templateRule } from '../template.ts'
import { accessId } from './access-id.ts'
import { annotation } from './annotation.ts'
import { authMethod } from './auth-method.ts'
import { ca } from './ca.ts'
import { clusterRules, ofMadeExternalSecret, ofMadePushSecret } from './cluster.ts'
import { conversionStrategy } from './conversion-strategy.ts'
import { credentials } from './credentials.ts'
import { dataFrom } from './data-from.ts'
import { deletionPolicy } from './deletion-policy.ts'
import { duplicateKey } from './duplicate-key.ts'
import { find } from './find.ts'
import { findWide } from './find-wide.ts'
import { gatewayUrl } from './gateway-url.ts'
import { immutable } from './immutable.ts'
import { kubernetesAuth } from './kubernetes-auth.ts'
import { liveRules } from './live.ts'
import { longLivedKey } from './long-lived-key.ts'
import { manifestTarget } from './manifest-target.ts'
import { metadataPolicy } from './metadata-policy.ts'
import { namespacedStore } from './namespaced-store.ts'
import { noData } from './no-data.ts'
import { pathAllowed } from './path-allowed.ts'
import { policies } from './policies.ts'
import { property } from './property.ts'
import { provider } from './provider.ts'
import { pushSecretRules, scatteredPushRules } from './push.ts'
import { readLoop } from './push-loop.ts'
import { pushShared } from './push-shared.ts'
import { refCount } from './ref-count.ts'
import { refreshInterval } from './refresh-interval.ts'
import { refreshRate } from './refresh-rate.ts'
import { regexp } from './regexp.ts'
import { remoteKey } from './remote-key.ts'
import { retrySettings } from './retry-settings.ts'
import { rewrite } from './rewrite.ts'
import { secretKey } from './secret-key.ts'
import { secretType } from './secret-type.ts'
import { size } from './size.ts'
import type { Store } from './store.ts'
import { storeAdmits } from './store-admits.ts'
import { storeConditions } from './store-conditions.ts'
import { storeExists } from './store-exists.ts'
import { storeMix } from './store-mix.ts'
import { storeNamespace } from './store-namespace.ts'
import { storeOpen } from './store-open.ts'
import { storeRef } from './store-ref.ts'
import { storeRefreshInterval } from './store-refresh-interval.ts'
import { syncWindows } from './sync-windows.ts'
import { templateKey } from './template-key.ts'
import { templateMetadata } from './template-metadata.ts'
import { templateSource } from './template-source.ts'
import { templateTarget } from './template-target.ts'
import { tokenAudience } from './token-audience.ts'
import { typeKeys } from './type-keys.ts'
import { unsupported } from './unsupported.ts'
import { version } from './version.ts'

/** Said by the schema itself, before any rule runs. */
export const schemaRule = {
  id: 'schema',
  doc: 'The object has the fields, types, names and choices of its schema, and is of a kind that Latchkey judges.',
} as const

/** Most important first: this is the order in which a person reads them. */
export const externalSecretRules: readonly Rule<ExternalSecret>[] = [
  secretType,
  manifestTarget,
  noData,
  refCount,
  size,
  storeRef,
  storeExists,
  storeAdmits,
  storeMix,
  refreshInterval,
  readLoop,
  refreshRate,
  syncWindows,
  dataFrom,
  find,
  findWide,
  rewrite,
  remoteKey,
  pathAllowed,
  property,
  version,
  secretKey,
  duplicateKey,
  typeKeys,
  policies,
  deletionPolicy,
  immutable,
  templateTarget,
  templateSource,
  templateKey,
  templateMetadata,
  regexp,
  unsupported,
  conversionStrategy,
  metadataPolicy,
  annotation,
]

export const storeRules: readonly Rule<Store>[] = [
  provider,
  gatewayUrl,
  authMethod,
  credentials,
  kubernetesAuth,
  tokenAudience,
  longLivedKey,
  accessId,
  storeNamespace,
  ca,
  storeConditions,
  storeOpen,
  storeRefreshInterval,
  retrySettings,
  annotation,
]

export { adoptAnnotation } from './annotation.ts'
export { pushSecretRules }

export const clusterExternalSecretRules: readonly Rule<ClusterExternalSecret>[] = [
  ...clusterRules,
  ...[namespacedStore, ...externalSecretRules].map(ofMadeExternalSecret),
]

export const clusterPushSecretRules: readonly Rule<ClusterPushSecret>[] = [
  ...clusterRules,
  ...scatteredPushRules.map(ofMadePushSecret),
  pushShared,
]

interface Described {
  readonly id: string
  readonly doc: string
  readonly warns?: true
}

const described: readonly Described[] = [
  schemaRule,
  foreignRule,
  silenceRule,
  ...externalSecretRules,
  ...storeRules,
  ...clusterExternalSecretRules,
  ...clusterPushSecretRules,
  templateRule,
  ...liveRules,
]

/** Every id that a finding can carry, with its line of documentation: the source of docs/reference/rejections.md. */
export const catalogue: ReadonlyMap<string, Described> = new Map(described.map(each => [each.id, each]))

/** The ids of the rules that can warn: what a policy may set and an annotation silence. */
export const warning: readonly string[] = [...catalogue.values()].flatMap(({ id, warns }) => (warns ? [id] : []))

/** The ids of those that only deny. */
export const denying: readonly string[] = [...catalogue.values()].flatMap(({ id, warns }) => (warns ? [] : [id]))
