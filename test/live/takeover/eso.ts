// ESO 2.9 as far as it leaves traces: what it writes, under which field manager, and what it would write next. By
// compatibility.md §1.3, §2.1, §2.4 and §2.5; the digests are those of #core, which golden vectors of Go's prove.
import { createdByHash, dataHash, fieldManager, metadataHash, unstructuredHash } from '#core'
import { type Reply, request } from '../../support/cluster.ts'
import { get, type Json, pathsOf } from '../../support/objects.ts'

export const marks = {
  managed: 'reconcile.external-secrets.io/managed',
  createdBy: 'reconcile.external-secrets.io/created-by',
  dataHash: 'reconcile.external-secrets.io/data-hash',
  finalizer: 'externalsecrets.external-secrets.io/externalsecret-cleanup',
  storeFinalizer: 'secretstore.externalsecrets.io/finalizer',
  lastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
} as const

type Texts = Readonly<Record<string, string>>

const encoded = (texts: Texts): Texts =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))

const hashOf = (data: Texts): string =>
  dataHash(new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')])))

const without = (texts: Texts | undefined, keys: readonly string[]): Texts =>
  Object.fromEntries(Object.entries(texts ?? {}).filter(([key]) => !keys.includes(key)))

const asked = async (what: string, reply: Promise<Reply>): Promise<Json> => {
  const { status, body } = await reply
  if (status >= 300) throw new Error(`${what}: HTTP ${status}: ${body?.message ?? ''}`)
  return body
}

/** One request as ESO makes it: under a field manager of its own. */
const ask = (method: 'POST' | 'PUT' | 'PATCH', path: string, manager: string, body: object): Promise<Json> =>
  asked(`${method} ${path}`, request(method, `${path}?fieldManager=${encodeURIComponent(manager)}`, body))

/** Keys below a place in metadata.managedFields that a manager has written. */
const writtenAt = (secret: Json, manager: string, ...place: string[]): string[] =>
  (secret.metadata.managedFields ?? [])
    .filter((entry: Json) => entry.manager === manager)
    .flatMap((entry: Json) => Object.keys(place.reduce((at, step) => at?.[step] ?? {}, entry.fieldsV1)))
    .map((key: string) => key.replace(/^f:/, ''))

/** Where ESO looks for its labels and annotations: for names of 28 to 63 characters it looks in the wrong place. */
const readManager = (name: string): string =>
  name.length > 63 ? fieldManager(name) : `externalsecrets.external-secrets.io/${name}`

const ownerOf = ({ metadata }: Json) => ({
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
})

const shares = (policy: string): boolean => policy === 'Merge' || policy === 'CreateOrMerge'

const textsFor = (es: Json, secret: Json, field: 'labels' | 'annotations'): Texts => {
  const { template } = es.spec.target
  const stale = writtenAt(secret, readManager(es.metadata.name), 'f:metadata', `f:${field}`)
  return {
    ...without(secret.metadata[field], stale),
    ...(template ? template.metadata?.[field] : es.metadata[field]),
  }
}

const content = (es: Json, secret: Json, made: Texts): Json => {
  const { creationPolicy } = es.spec.target
  const stale = writtenAt(secret, fieldManager(es.metadata.name), 'f:data')
  const data = { ...(shares(creationPolicy) ? without(secret.data, stale) : {}), ...encoded(made) }
  return {
    ...secret,
    type: es.spec.target.template?.type ?? secret.type ?? 'Opaque',
    data,
    metadata: {
      ...secret.metadata,
      labels: textsFor(es, secret, 'labels'),
      annotations: { ...textsFor(es, secret, 'annotations'), [marks.dataHash]: hashOf(data) },
    },
  }
}

/** The Secret as ESO's next pass would leave it, had it fetched and rendered `made`: of one that it need not write, the same. */
export const esoWould = (es: Json, secret: Json, made: Texts): Json => {
  const { namespace, name } = es.metadata
  const { creationPolicy, immutable } = es.spec.target
  const owns = creationPolicy === 'Owner'
  // an immutable Secret is filled once
  const filled = immutable && secret.metadata.uid ? secret : content(es, secret, made)
  const others = (secret.metadata.ownerReferences ?? []).filter((owner: Json) => owner.name !== name)
  const owners = owns ? [...others, ownerOf(es)] : others
  const { ownerReferences: _, ...metadata } = filled.metadata
  return {
    ...filled,
    ...(immutable ? { immutable } : {}),
    metadata: {
      ...metadata,
      ...(owners.length > 0 ? { ownerReferences: owners } : {}),
      labels: {
        ...without(metadata.labels, [marks.createdBy]),
        ...(owns ? { [marks.createdBy]: createdByHash(namespace, name) } : {}),
        [marks.managed]: 'true',
      },
    },
  }
}

const writeSecret = async (es: Json, made: Texts): Promise<'SecretSynced' | 'SecretMissing'> => {
  const { namespace, name } = es.metadata
  const { creationPolicy, name: target = name } = es.spec.target
  const { secrets } = pathsOf(namespace)
  const path = `${secrets}/${target}`
  const manager = fieldManager(name)
  let existing = await get(path)
  if (existing && existing.metadata.labels?.[marks.managed] !== 'true') {
    existing = await ask('PATCH', path, manager, { metadata: { labels: { [marks.managed]: 'true' } } })
  }
  if (creationPolicy === 'None') return 'SecretSynced'
  if (!existing && creationPolicy === 'Merge') return 'SecretMissing'
  if (existing) {
    const { managedFields: _, ...metadata } = existing.metadata
    const next = esoWould(es, existing, made)
    await ask('PUT', path, manager, {
      ...next,
      metadata: { ...next.metadata, managedFields: undefined, name: metadata.name },
    })
    return 'SecretSynced'
  }
  const blank = { apiVersion: 'v1', kind: 'Secret', metadata: { name: target, namespace } }
  await ask('POST', secrets, manager, esoWould(es, blank, made))
  return 'SecretSynced'
}

const messages = {
  SecretSynced: 'secret synced',
  ResourceSynced: 'resource synced',
  SecretMissing: 'secret will not be created due to CreationPolicy=Merge',
  SecretDeleted: 'secret deleted due to DeletionPolicy=Delete',
  SecretSyncedError: 'could not get secret data from provider',
} as const

/** metav1.Time */
export const stamp = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`

/** Writes a status as ESO does: the whole of it, without observedGeneration. */
export const tell = async (es: Json, reason: keyof typeof messages, refreshed: Date): Promise<Json> => {
  const { namespace, name, generation, annotations, labels } = es.metadata
  const path = `${pathsOf(namespace).externalSecrets}/${name}`
  const ready = {
    type: 'Ready',
    status: reason === 'SecretSyncedError' ? 'False' : 'True',
    reason,
    message: messages[reason],
    lastTransitionTime: stamp(refreshed),
  }
  const status = {
    refreshTime: stamp(refreshed),
    syncedResourceVersion: `${generation}-${metadataHash(annotations, labels)}`,
    binding: {
      name: reason === 'SecretSynced' && es.spec.target.creationPolicy !== 'None' ? (es.spec.target.name ?? name) : '',
    },
    conditions: [ready],
  }
  return ask('PUT', `${path}/status`, 'external-secrets', { ...(await get(path)), status })
}

/** `kubectl apply` of an ExternalSecret that is new. */
export const apply = (namespace: string, manifest: Json, version: 'v1' | 'v1beta1' = 'v1'): Promise<Json> => {
  const apiVersion = `external-secrets.io/${version}`
  const applied = JSON.stringify({ ...manifest, apiVersion })
  const annotations = { ...manifest.metadata.annotations, [marks.lastApplied]: `${applied}\n` }
  const object = { ...manifest, apiVersion, metadata: { ...manifest.metadata, annotations } }
  const collection = pathsOf(namespace).externalSecrets.replace('/v1/', `/${version}/`)
  return ask('POST', collection, 'kubectl-client-side-apply', object)
}

/** One pass of ESO's over an ExternalSecret: the finalizer, the Secret with what was fetched and rendered, the status. */
export const sync = async (es: Json, made: Texts, at: Date): Promise<Json> => {
  const { namespace, name } = es.metadata
  const path = `${pathsOf(namespace).externalSecrets}/${name}`
  const held = await ask('PATCH', path, 'external-secrets', { metadata: { finalizers: [marks.finalizer] } })
  const reason = await writeSecret(held, made)
  return tell(held, reason, at)
}

/** A ConfigMap that ESO makes for `spec.target.manifest`, without a template (compatibility.md §2.8). */
export const syncConfigMap = async (es: Json, made: Texts, at: Date): Promise<Json> => {
  const { namespace, name, labels, annotations } = es.metadata
  await ask('POST', `/api/v1/namespaces/${namespace}/configmaps`, fieldManager(name), {
    metadata: {
      name,
      labels: { ...labels, [marks.createdBy]: createdByHash(namespace, name), [marks.managed]: 'true' },
      annotations: { ...annotations, [marks.dataHash]: unstructuredHash(made) },
      ownerReferences: [ownerOf(es)],
    },
    data: made,
  })
  return tell(es, 'ResourceSynced', at)
}

/** A store as ESO leaves it: Ready, and nothing said about the generation. */
export const tellStore = async (path: string): Promise<void> => {
  const ready = { type: 'Ready', status: 'True', reason: 'Valid', message: 'store validated' }
  const status = {
    capabilities: 'ReadWrite',
    conditions: [{ ...ready, lastTransitionTime: stamp(new Date()) }],
  }
  await ask('PUT', `${path}/status`, 'external-secrets', { ...(await get(path)), status })
}
