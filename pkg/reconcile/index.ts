export { type Controller, type ControllerOptions, createController } from './controller.ts'
export { resolveIdentity } from './identity.ts'
export { indexes } from './indexes.ts'
export type { Lane } from './lanes.ts'
export type { ObjectDigest } from './manifest/object.ts'
export type { ObjectClient, ObjectKind, Objects } from './manifest/port.ts'
export { createdByLabel, dataHashAnnotation, managedLabel } from './marks.ts'
export type {
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
export { pushIndexes } from './push/indexes.ts'
export type { RemoteItems, SecretSight, SourceReader, SourceSecret } from './push/ports.ts'
export { createQueue, type Queue, type QueueOptions, type QueueSize } from './queue.ts'
export { isOurs, type Store, storeKey } from './store.ts'
export { resolveStores } from './stores.ts'
