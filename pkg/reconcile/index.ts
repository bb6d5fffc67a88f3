export { accountNamed } from './account.ts'
export { type Controller, type ControllerOptions, createController } from './controller.ts'
export type { Child, ChildBody, ChildPlace, ChildWriter, FanKind, FanObject } from './fan/port.ts'
export { resolveIdentity } from './identity.ts'
export { indexes, namespaceIndex, targetIndex } from './indexes.ts'
export type { Lane } from './lanes.ts'
export type { ObjectDigest } from './manifest/object.ts'
export type { ObjectClient, ObjectKind, Objects } from './manifest/port.ts'
export { createdByLabel, dataHashAnnotation, managedLabel } from './marks.ts'
export { admits } from './namespaces.ts'
export type {
  AccountDigest,
  Change,
  CredentialReader,
  Deps,
  EventRecorder,
  Finalizers,
  ItemSource,
  Kind,
  ManagedField,
  Namespace,
  ObjectRef,
  Observer,
  OwnerReference,
  SecretDigest,
  SecretObject,
  SecretWriter,
  Snapshot,
  StatusWriter,
} from './ports.ts'
export type { ItemInspector, Mode, PreviewDeps } from './preview/ports.ts'
export { createPreview, type Preview } from './preview/preview.ts'
export { pushSourceIndex } from './push/indexes.ts'
export type { RemoteItems, SecretSight, SourceReader, SourceSecret } from './push/ports.ts'
export { createQueue, type Queue, type QueueOptions, type QueueSize } from './queue.ts'
export { isOurs, type Store, storeKey } from './store.ts'
export { resolveStores } from './stores.ts'
