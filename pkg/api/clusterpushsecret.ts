import { z } from 'zod'
import { Condition, LabelSelector, MadeMetadata, NamespaceFailure, ObjectMeta, objectName } from './meta.ts'
import { PushSecretSpec } from './pushsecret.ts'

/** Which PushSecret to make, and where (compatibility.md §1.5). */
export const ClusterPushSecretSpec = z
  .object({
    pushSecretSpec: PushSecretSpec.meta({ description: 'spec of the PushSecrets.' }),
    pushSecretName: objectName
      .optional()
      .meta({ description: 'Name of the PushSecrets; left out, that of the ClusterPushSecret.' }),
    pushSecretMetadata: MadeMetadata.optional().meta({ description: 'Metadata of the PushSecrets.' }),
    namespaceSelectors: z
      .array(LabelSelector)
      .optional()
      .meta({ description: 'Namespaces by their labels; any one that selects is enough.' }),
    refreshTime: z
      .string()
      .optional()
      .meta({ description: 'How often the PushSecrets are compared, as 1h; left out, each hour.' }),
  })
  .meta({ description: 'Which PushSecret to make, and in which namespaces.' })

const ClusterPushSecretStatus = z
  .object({
    pushSecretName: z.string().optional().meta({ description: 'Name of the PushSecrets that were made.' }),
    failedNamespaces: z
      .array(NamespaceFailure)
      .optional()
      .meta({ description: 'Namespaces in which none could be made.' }),
    provisionedNamespaces: z.array(z.string()).optional().meta({ description: 'Namespaces in which there is one.' }),
    conditions: z.array(Condition).optional().meta({ description: 'Ready: whether there is one in each namespace.' }),
  })
  .meta({ description: 'What was made of it.' })

/** A PushSecret for many namespaces. */
export const ClusterPushSecret = z
  .object({
    apiVersion: z.string(),
    kind: z.literal('ClusterPushSecret'),
    metadata: ObjectMeta,
    spec: ClusterPushSecretSpec,
    status: ClusterPushSecretStatus.optional(),
  })
  .meta({ description: 'The same PushSecret in many namespaces.' })
export type ClusterPushSecret = z.infer<typeof ClusterPushSecret>
