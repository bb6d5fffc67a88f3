import type { ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'
import { foreignRule } from '../foreign.ts'
import { silenceRule } from '../settle.ts'
import { templateRule } from '../template.ts'
import { authMethod } from './auth-method.ts'
import { ca } from './ca.ts'
import { conversionStrategy } from './conversion-strategy.ts'
import { credentials } from './credentials.ts'
import { dataFrom } from './data-from.ts'
import { duplicateKey } from './duplicate-key.ts'
import { find } from './find.ts'
import { gatewayUrl } from './gateway-url.ts'
import { immutable } from './immutable.ts'
import { kubernetesAuth } from './kubernetes-auth.ts'
import { manifestTarget } from './manifest-target.ts'
import { metadataPolicy } from './metadata-policy.ts'
import { noData } from './no-data.ts'
import { policies } from './policies.ts'
import { provider } from './provider.ts'
import { refCount } from './ref-count.ts'
import { refreshInterval } from './refresh-interval.ts'
import { regexp } from './regexp.ts'
import { remoteKey } from './remote-key.ts'
import { retrySettings } from './retry-settings.ts'
import { rewrite } from './rewrite.ts'
import { secretKey } from './secret-key.ts'
import { secretType } from './secret-type.ts'
import { size } from './size.ts'
import type { Store } from './store.ts'
import { storeConditions } from './store-conditions.ts'
import { storeExists } from './store-exists.ts'
import { storeNamespace } from './store-namespace.ts'
import { storeRef } from './store-ref.ts'
import { storeRefreshInterval } from './store-refresh-interval.ts'
import { syncWindows } from './sync-windows.ts'
import { templateMetadata } from './template-metadata.ts'
import { templateSource } from './template-source.ts'
import { templateTarget } from './template-target.ts'
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
  refreshInterval,
  syncWindows,
  dataFrom,
  find,
  rewrite,
  remoteKey,
  version,
  secretKey,
  duplicateKey,
  typeKeys,
  policies,
  immutable,
  templateTarget,
  templateSource,
  templateMetadata,
  regexp,
  unsupported,
  conversionStrategy,
  metadataPolicy,
]

export const storeRules: readonly Rule<Store>[] = [
  provider,
  gatewayUrl,
  authMethod,
  credentials,
  kubernetesAuth,
  storeNamespace,
  ca,
  storeConditions,
  storeRefreshInterval,
  retrySettings,
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
  templateRule,
  ...storeRules,
]

/** Every id that a finding can carry, with its line of documentation: the source of docs/reference/rejections.md. */
export const catalogue: ReadonlyMap<string, Described> = new Map(described.map(each => [each.id, each]))

/** The ids of the rules that can warn: what a policy may set and an annotation silence. */
export const warning: readonly string[] = [...catalogue.values()].flatMap(({ id, warns }) => (warns ? [id] : []))
