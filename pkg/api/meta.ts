import { z } from 'zod'

/** The API group of every kind that we serve. */
export const group = 'external-secrets.io'

// RE2 and JavaScript read these alike; they run on the API server too.
export const objectPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
export const namespacePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
export const dataKeyPattern = /^[-._a-zA-Z0-9]+$/

/** Name of a Kubernetes object (compatibility.md §1.1, NAME). */
export const objectName = z.string().min(1).max(253).regex(objectPattern)

/** Name of a namespace (compatibility.md §1.1, NS). */
export const namespaceName = z.string().min(1).max(63).regex(namespacePattern)

/** Key in the data of a Secret or a ConfigMap (compatibility.md §1.1, KEY). */
export const dataKey = z.string().min(1).max(253).regex(dataKeyPattern)

/** RFC 3339 text: the API server checks the format, the readers parse it. */
export const timestamp = z.string().meta({ format: 'date-time' })

/** Counters of the API server. */
export const int64 = z.int().meta({ format: 'int64' })

const checkEntries =
  <T>(type: z.ZodType<T>) =>
  (object: unknown, context: z.RefinementCtx): void => {
    if (typeof object !== 'object' || object === null || Array.isArray(object)) {
      context.addIssue({ code: 'invalid_type', expected: 'record', input: object })
      return
    }
    for (const [key, each] of Object.entries(object)) {
      for (const issue of type.safeParse(each).error?.issues ?? []) {
        context.addIssue({ ...issue, path: [key, ...issue.path], input: each })
      }
    }
  }

/**
 * A JSON object with any keys, as it came: `__proto__` is a legal key of a Secret, and z.record would drop it without a word. The
 * values are checked by the type, and not transformed. Where it is a field of a kind, `values` is their schema there.
 */
export const recordOf = <T>(type: z.ZodType<T>, values?: Readonly<Record<string, unknown>>) => {
  const record = z.custom<Readonly<Record<string, T>>>()
  // what z.record would say by itself
  if (values) record.register(z.globalRegistry, { type: 'object', additionalProperties: values })
  return record.superRefine(checkEntries(type))
}

/** Texts by key, as labels and data are. */
export const texts = recordOf(z.string(), { type: 'string' })

export const OwnerRef = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
})
export type OwnerRef = z.infer<typeof OwnerRef>

/** Metadata as the API server sends it: the fields that we read are typed, the rest is kept. */
export const ObjectMeta = z.looseObject({
  // Empty while an object made with generateName goes through admission.
  name: z.string().default(''),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z.array(OwnerRef).optional(),
  managedFields: z.array(z.looseObject({ manager: z.string().optional() })).optional(),
})
export type ObjectMeta = z.infer<typeof ObjectMeta>

/** One status condition; a kind that allows fewer types narrows `type`. */
export const Condition = z
  .object({
    type: z.string().meta({ description: 'Name of the condition.' }),
    status: z.string().meta({ description: 'True, False or Unknown.' }),
    reason: z.string().optional().meta({ description: 'One word for machines.' }),
    message: z.string().optional().meta({ description: 'What happened and what to do, for people.' }),
    lastTransitionTime: timestamp.optional().meta({ description: 'When the status last changed.' }),
  })
  .meta({ description: 'One observation about the object.' })
export type Condition = z.infer<typeof Condition>

/** Faults as a status lists them, for programs. */
export const FaultList = z.array(
  z.object({
    code: z.string().meta({ description: 'What is wrong, by the name that events and metrics use.' }),
    path: z.string().optional().meta({ description: 'Field of the spec that it is about.' }),
    message: z.string().optional().meta({ description: 'The same in words.' }),
    remedy: z.string().optional().meta({ description: 'What would be right.' }),
  }),
)

/** One key of a Secret. What may be left out depends on where the selector stands; admission rules say so. */
export const SecretKeySelector = z.object({
  name: objectName.optional().meta({ description: 'Name of the Secret.' }),
  namespace: namespaceName.optional().meta({
    description: 'Namespace of the Secret. Required in a ClusterSecretStore; in a SecretStore only its own is allowed.',
  }),
  key: dataKey.optional().meta({ description: 'Key in the Secret.' }),
})
export type SecretKeySelector = z.infer<typeof SecretKeySelector>

export const ServiceAccountSelector = z.object({
  name: objectName.meta({ description: 'Name of the ServiceAccount.' }),
  namespace: namespaceName.optional().meta({
    description:
      'Namespace of the ServiceAccount; without it, in a ClusterSecretStore that of each ExternalSecret. In a SecretStore only its own is allowed.',
  }),
  audiences: z.array(z.string()).optional().meta({ description: 'Audiences to ask for in the token.' }),
})
export type ServiceAccountSelector = z.infer<typeof ServiceAccountSelector>

const Requirement = z.object({
  key: z.string().meta({ description: 'Label key.' }),
  operator: z.string().meta({ description: 'In, NotIn, Exists or DoesNotExist.' }),
  values: z
    .array(z.string())
    .optional()
    .meta({ description: 'Label values; none for Exists and DoesNotExist.', 'x-kubernetes-list-type': 'atomic' }),
})

/** metav1.LabelSelector. */
export const LabelSelector = z
  .object({
    matchLabels: texts.optional().meta({ description: 'Labels that must be there with these values.' }),
    matchExpressions: z
      .array(Requirement)
      .optional()
      .meta({ description: 'Further requirements; all must hold.', 'x-kubernetes-list-type': 'atomic' }),
  })
  .meta({ 'x-kubernetes-map-type': 'atomic' })
export type LabelSelector = z.infer<typeof LabelSelector>

/** Metadata of what a cluster-scoped kind makes in each namespace. */
export const MadeMetadata = z.object({
  annotations: texts.optional().meta({ description: 'Annotations of each.' }),
  labels: texts.optional().meta({ description: 'Labels of each.' }),
})

/** Where it could not be made. */
export const NamespaceFailure = z.object({
  namespace: z.string().meta({ description: 'Name of the namespace.' }),
  reason: z.string().optional().meta({ description: 'Why.' }),
})
