import { z } from 'zod'
import { GeneratorRef, renaming } from './data.ts'
import { Condition, FaultList, int64, LabelSelector, ObjectMeta, objectName, recordOf, timestamp } from './meta.ts'
import { schemaOf } from './schema.ts'
import { Template } from './template.ts'

const PushStoreRef = z.object({
  name: objectName.optional().meta({ description: 'Name of the store.' }),
  labelSelector: LabelSelector.optional().meta({ description: 'Stores by their labels, in place of a name.' }),
  kind: z
    .enum(['SecretStore', 'ClusterSecretStore'])
    .default('SecretStore')
    .meta({ description: 'Kind of the store, or of the stores.' }),
})
export type PushStoreRef = z.infer<typeof PushStoreRef>

const SourceSecret = z.object({
  name: objectName.optional().meta({ description: 'Name of the Secret, in the namespace of the PushSecret.' }),
  selector: LabelSelector.optional().meta({ description: 'Secrets by their labels, in place of a name.' }),
})

const PushSource = z.object({
  secret: SourceSecret.optional().meta({ description: 'The Secret to push, or several.' }),
  generatorRef: GeneratorRef.optional().meta({ description: 'A generator of ESO; Latchkey refuses it at admission.' }),
})

const conversionStrategy = z
  .enum(['None', 'ReverseUnicode'])
  .default('None')
  .meta({ description: 'ReverseUnicode: _U0040_ in a key becomes the character again.' })

// what a provider makes of it is its own matter, and any JSON
const metadata = z
  .unknown()
  .optional()
  .meta({ description: 'Settings for the item, by provider.', 'x-kubernetes-preserve-unknown-fields': true })

/** One key of the Secret, or all of it, and the item that takes it. */
const PushEntry = z
  .object({
    match: z
      .object({
        secretKey: z.string().optional().meta({ description: 'Key of the Secret; left out, the whole Secret.' }),
        remoteRef: z
          .object({
            remoteKey: z.string().meta({ description: 'Path of the item in Akeyless.' }),
            property: z.string().optional().meta({ description: 'Property of its JSON value.' }),
          })
          .meta({ description: 'Where it goes.' }),
      })
      .meta({ description: 'What goes where.' }),
    metadata,
    conversionStrategy,
  })
  .meta({ description: 'What was pushed.' })

export type PushEntry = z.infer<typeof PushEntry>

const Rename = z.object(renaming).meta({
  'x-kubernetes-validations': [
    { rule: 'has(self.regexp) != has(self.transform)', message: 'exactly one of regexp or transform must be set' },
  ],
})

/** Many keys at once: each to an item of its own, or all into one. */
const PushTo = z
  .object({
    storeRef: PushStoreRef.optional().meta({ description: 'The store to push to: one of secretStoreRefs.' }),
    remoteKey: z
      .string()
      .optional()
      .meta({ description: 'Item that takes all keys; left out, each goes to an item that has its name.' }),
    match: z
      .object({ regexp: z.string().optional().meta({ description: 'Regular expression (RE2, not anchored).' }) })
      .optional()
      .meta({ description: 'Which keys; left out, all.' }),
    rewrite: z.array(Rename).optional().meta({ description: 'Steps that rename the keys, in this order.' }),
    metadata,
    conversionStrategy,
  })
  .meta({
    // the words of ESO, for whoever looks for them
    'x-kubernetes-validations': [
      {
        rule: 'has(self.storeRef) && (has(self.storeRef.name) || has(self.storeRef.labelSelector))',
        message: 'storeRef must specify either name or labelSelector',
      },
      {
        rule: '!has(self.remoteKey) || !has(self.rewrite) || size(self.rewrite) == 0',
        message:
          'remoteKey and rewrite are mutually exclusive: rewrite is only supported in per-key mode (without remoteKey)',
      },
    ],
  })
export type PushTo = z.infer<typeof PushTo>

/** What to push and where to (compatibility.md §1.4). */
export const PushSecretSpec = z
  .object({
    refreshInterval: z
      .string()
      .default('1h0m0s')
      .meta({ description: 'How often what is pushed is compared with Akeyless, as 1h; 0 means only after changes.' }),
    secretStoreRefs: z.array(PushStoreRef).meta({ description: 'The stores to push with.' }),
    updatePolicy: z
      .enum(['Replace', 'IfNotExists'])
      .default('Replace')
      .meta({ description: 'Whether an item that is there already is written.' }),
    deletionPolicy: z
      .enum(['Delete', 'None'])
      .default('None')
      .meta({ description: 'What happens to what was pushed when it is pushed no more.' }),
    selector: PushSource.meta({ description: 'What to push.', minProperties: 1, maxProperties: 1 }),
    data: z.array(PushEntry).optional().meta({ description: 'Keys of the Secret, one by one.' }),
    dataTo: z.array(PushTo).optional().meta({ description: 'Keys of the Secret, many at once; data wins over them.' }),
    template: Template.optional().meta({ description: 'How the Secret is changed before it is pushed.' }),
  })
  .meta({ description: 'What to push and where to.' })
export type PushSecretSpec = z.infer<typeof PushSecretSpec>

const pushed = recordOf(PushEntry, { ...schemaOf(PushEntry) })

const PushSecretStatus = z
  .object({
    refreshTime: timestamp.nullish().meta({ description: 'When it was last pushed.' }),
    syncedResourceVersion: z.string().optional().meta({ description: 'Generation and hash of what was last pushed.' }),
    syncedPushSecrets: recordOf(pushed, { ...schemaOf(pushed) })
      .optional()
      .meta({ description: 'What was pushed: by Kind/name of the store, then by path of the item.' }),
    sourceVersion: z
      .string()
      .optional()
      .meta({ description: 'resourceVersion of the Secret that was last pushed, or of all of them.' }),
    observedGeneration: int64.optional().meta({ description: 'Generation of the spec that the conditions speak of.' }),
    controllerClass: z
      .string()
      .nullish()
      .meta({ description: 'Class of the Latchkey that served it last, where that is not the default one.' }),
    faults: FaultList.nullish().meta({
      description: 'What is wrong with single fields, the first 20; null if nothing is.',
    }),
    conditions: z
      .array(Condition)
      .optional()
      .meta({ description: 'Ready: whether Akeyless holds what the Secret holds.' }),
  })
  .meta({ description: 'What was pushed.' })
export type PushSecretStatus = z.infer<typeof PushSecretStatus>

/** Which Secret to push to Akeyless. */
export const PushSecret = z
  .object({
    apiVersion: z.string(),
    kind: z.literal('PushSecret'),
    metadata: ObjectMeta,
    spec: PushSecretSpec,
    status: PushSecretStatus.optional(),
  })
  .meta({ description: 'Which Secret to push to Akeyless.' })
export type PushSecret = z.infer<typeof PushSecret>
