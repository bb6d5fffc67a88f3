import type { ExternalSecretSpec, ObjectMeta } from '#api'

/** The Secret besides its data. `type` is undefined where the existing one, or Opaque, stays. */
export interface SecretShape {
  readonly type?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly finalizers: readonly string[]
}

/**
 * Type, labels, annotations and finalizers of the Secret (compatibility.md §2.4): without a template all labels and
 * annotations of the ExternalSecret, with one only the template's own. Holds once `unsupported` finds nothing: texts with
 * template actions are not for this version.
 */
export const secretShape = (
  spec: ExternalSecretSpec,
  metadata: Pick<ObjectMeta, 'labels' | 'annotations'>,
): SecretShape => {
  const { template } = spec.target
  const source = template === undefined ? metadata : (template.metadata ?? {})
  return {
    ...(template?.type ? { type: template.type } : {}),
    labels: source.labels ?? {},
    annotations: source.annotations ?? {},
    finalizers: template?.metadata?.finalizers ?? [],
  }
}
