/** Who an object belongs to, as Kubernetes keeps it in metadata.ownerReferences. */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** What one writer set, as Kubernetes keeps it in metadata.managedFields. */
export interface ManagedField {
  readonly manager?: string
  readonly fieldsV1?: unknown
}
