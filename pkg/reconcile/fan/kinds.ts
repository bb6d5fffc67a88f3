import { type ClusterExternalSecret, type ClusterPushSecret, ExternalSecret, group, PushSecret } from '#api'
import type { ObjectRef } from '../ports.ts'
import type { Child, ChildKind, FanKind, FanObject } from './port.ts'

/** What tells one cluster-scoped kind from the other. */
export interface FanTraits {
  readonly apiVersion: string
  readonly child: { readonly kind: ChildKind; readonly apiVersion: string }
  /** Field of spec that holds the manifest, and the one that names its children; the latter is in the status too. */
  readonly specField: string
  readonly nameField: string
  /** ESO's word for a child. */
  readonly noun: string
  /** Reasons of the Ready condition, where the kind has a place for them (compatibility.md §1.5). */
  readonly reasons: { readonly ready: string; readonly failed: string } | undefined
}

export const fanKinds = {
  ClusterExternalSecret: {
    apiVersion: `${group}/v1`,
    child: { kind: 'ExternalSecret', apiVersion: `${group}/v1` },
    specField: 'externalSecretSpec',
    nameField: 'externalSecretName',
    noun: 'external secret',
    reasons: undefined,
  },
  ClusterPushSecret: {
    apiVersion: `${group}/v1alpha1`,
    child: { kind: 'PushSecret', apiVersion: `${group}/v1alpha1` },
    specField: 'pushSecretSpec',
    nameField: 'pushSecretName',
    noun: 'push secret',
    reasons: { ready: 'Synced', failed: 'Errored' },
  },
} as const satisfies Record<FanKind, FanTraits>

const schemas = { ExternalSecret, PushSecret } as const

/** A child that was read live, as the watch would show it; undefined where it is none. */
export const childOf = (kind: ChildKind, raw: unknown): Child | undefined => schemas[kind].safeParse(raw).data

/** `ClusterExternalSecret/name`: names an object in indexes and queues. */
export const fanKey = (kind: FanKind, name: string): string => `${kind}/${name}`

export const isFanKind = (kind: string): kind is FanKind => Object.hasOwn(fanKinds, kind)

export const fanRef = ({ apiVersion, kind, metadata }: FanObject): ObjectRef => ({
  kind,
  apiVersion,
  namespace: undefined,
  name: metadata.name,
  uid: metadata.uid ?? '',
  ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
})

/** What the two kinds say under different names. */
export interface Wish {
  readonly childName: string
  readonly spec: object
  readonly metadata: NonNullable<ClusterExternalSecret['spec']['externalSecretMetadata']>
  readonly selectors: NonNullable<ClusterExternalSecret['spec']['namespaceSelectors']>
  /** Namespaces by name. */
  readonly names: readonly string[]
}

const wishOfExternal = ({ metadata, spec }: ClusterExternalSecret): Wish => ({
  childName: spec.externalSecretName ?? metadata.name,
  spec: spec.externalSecretSpec,
  metadata: spec.externalSecretMetadata ?? {},
  selectors: [...(spec.namespaceSelector ? [spec.namespaceSelector] : []), ...(spec.namespaceSelectors ?? [])],
  names: spec.namespaces ?? [],
})

const wishOfPush = ({ metadata, spec }: ClusterPushSecret): Wish => ({
  childName: spec.pushSecretName ?? metadata.name,
  spec: spec.pushSecretSpec,
  metadata: spec.pushSecretMetadata ?? {},
  selectors: spec.namespaceSelectors ?? [],
  names: [],
})

export const wishOf = (object: FanObject): Wish =>
  object.kind === 'ClusterExternalSecret' ? wishOfExternal(object) : wishOfPush(object)
