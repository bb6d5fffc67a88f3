export type { Source } from './access.ts'
export { type ChildBody, childWriter } from './children.ts'
export { type Cluster, type ConnectOptions, connect, type KubeRequest } from './cluster.ts'
export { credentialReader } from './credentials.ts'
export type { ObjectKind } from './discovery.ts'
export {
  type Durations,
  defaultDurations,
  type Election,
  type ElectionOptions,
  elect,
  type Transition,
} from './election.ts'
export { clusterFault, KubeError } from './error.ts'
export { type EventOptions, eventRecorder } from './events.ts'
export { finalizerWriter } from './finalizers.ts'
export type { Change } from './mirror.ts'
export {
  type ObjectBody,
  type ObjectDigest,
  type ObjectWritten,
  objectClient,
  objectDigest,
  objectMark,
  type RawObject,
} from './objects.ts'
export { type OnDemandOptions, watchOnDemand } from './on-demand.ts'
export { pathOf } from './path.ts'
export {
  defaultLimits,
  type Health,
  type Limits,
  type ReflectOptions,
  type Reflector,
  type ReflectorState,
  reflect,
  type Stats,
} from './reflector.ts'
export { RawSecret, type SecretBody, type SecretDigest, secretCards, secretDigest, secretWriter } from './secrets.ts'
export { type AccountDigest, accountDigest, type ServiceAccount, serviceAccounts } from './service-accounts.ts'
export { type SourceSecret, sourceReader } from './sources.ts'
export { type ObjectRef, statusWriter } from './status.ts'
export type { Snapshot } from './store.ts'
