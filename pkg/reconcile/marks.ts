import type { ExternalSecret, ObjectMeta } from '#api'
import { metadataHash } from '#core'

/** What ESO leaves on the Secrets that it writes, and so do we (compatibility.md §1.3, §2.4). */
export const managedLabel = 'reconcile.external-secrets.io/managed'
export const createdByLabel = 'reconcile.external-secrets.io/created-by'
export const dataHashAnnotation = 'reconcile.external-secrets.io/data-hash'

/** Our own: the force-sync value that the Secret was last written for, where no copied annotation tells it already. */
export const forceSyncMark = 'latchkey.dev/force-sync'
export const forceSyncAnnotations = ['force-sync', 'external-secrets.io/force-sync'] as const

/** Finalizers of ESO's, which nobody removes once ESO is gone (decision 21). */
export const externalSecretFinalizer = 'externalsecrets.external-secrets.io/externalsecret-cleanup'
export const storeFinalizer = 'secretstore.externalsecrets.io/finalizer'

/** What the annotations ask for by force-sync; undefined where they do not. */
export const forceSyncOf = (annotations: Readonly<Record<string, string>> | undefined): string | undefined => {
  const asked = forceSyncAnnotations.flatMap(name => annotations?.[name] ?? [])
  return asked.length === 0 ? undefined : asked.join('/')
}

/** The force-sync value that a Secret was last written for. */
export const forceSyncDone = (annotations: Readonly<Record<string, string>>): string | undefined =>
  annotations[forceSyncMark] ?? forceSyncOf(annotations)

/** status.syncedResourceVersion: changes with the spec, any label and any annotation (compatibility.md §2.1). */
export const syncedVersion = ({ metadata }: { readonly metadata: ObjectMeta }): string =>
  `${metadata.generation ?? 0}-${metadataHash(metadata.annotations, metadata.labels)}`

/** Name of the Secret that an ExternalSecret makes. */
export const targetName = ({ metadata, spec }: ExternalSecret): string => spec.target.name ?? metadata.name
