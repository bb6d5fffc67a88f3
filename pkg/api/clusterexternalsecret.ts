import { z } from 'zod'
import { ExternalSecretSpec } from './externalsecret.ts'
import {
  Condition,
  LabelSelector,
  MadeMetadata,
  NamespaceFailure,
  namespaceName,
  ObjectMeta,
  objectName,
} from './meta.ts'

const selects = 'Namespaces by their labels; any one that selects is enough.'

/** Which ExternalSecret to make, and where (compatibility.md §1.5). */
export const ClusterExternalSecretSpec = z
  .object({
    externalSecretSpec: ExternalSecretSpec.meta({ description: 'spec of the ExternalSecrets.' }),
    externalSecretName: objectName
      .optional()
      .meta({ description: 'Name of the ExternalSecrets; left out, that of the ClusterExternalSecret.' }),
    externalSecretMetadata: MadeMetadata.optional().meta({ description: 'Metadata of the ExternalSecrets.' }),
    namespaceSelector: LabelSelector.optional().meta({ description: 'Deprecated: write it into namespaceSelectors.' }),
    namespaceSelectors: z.array(LabelSelector).optional().meta({ description: selects }),
    namespaces: z
      .array(namespaceName)
      .optional()
      .meta({ description: 'Deprecated: more namespaces, by name; namespaceSelectors can select by name too.' }),
    refreshTime: z
      .string()
      .optional()
      .meta({ description: 'How often the ExternalSecrets are compared, as 1h; left out, each hour.' }),
  })
  .meta({ description: 'Which ExternalSecret to make, and in which namespaces.' })

const ClusterExternalSecretStatus = z
  .object({
    externalSecretName: z.string().optional().meta({ description: 'Name of the ExternalSecrets that were made.' }),
    failedNamespaces: z
      .array(NamespaceFailure)
      .optional()
      .meta({ description: 'Namespaces in which none could be made.' }),
    provisionedNamespaces: z.array(z.string()).optional().meta({ description: 'Namespaces in which there is one.' }),
    conditions: z
      .array(Condition.pick({ type: true, status: true, message: true }))
      .optional()
      .meta({ description: 'Ready: whether there is one in each namespace.' }),
  })
  .meta({ description: 'What was made of it.' })

/** An ExternalSecret for many namespaces. */
export const ClusterExternalSecret = z
  .object({
    apiVersion: z.string(),
    kind: z.literal('ClusterExternalSecret'),
    metadata: ObjectMeta,
    spec: ClusterExternalSecretSpec,
    status: ClusterExternalSecretStatus.optional(),
  })
  .meta({ description: 'The same ExternalSecret in many namespaces.' })
export type ClusterExternalSecret = z.infer<typeof ClusterExternalSecret>
