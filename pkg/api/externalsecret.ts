import { z } from 'zod'
import { DataEntry, DataFromEntry, SecretStoreRef } from './data.ts'
import { Condition, FaultList, int64, ObjectMeta, objectName, timestamp } from './meta.ts'
import { Template } from './template.ts'

/** The Secret to make (compatibility.md §1.3). */
export const Target = z.object({
  name: objectName.optional().meta({ description: 'Name of the Secret; left out, that of the ExternalSecret.' }),
  creationPolicy: z
    .enum(['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge'])
    .default('Owner')
    .meta({ description: 'Who the Secret belongs to and whether it is made when absent.' }),
  deletionPolicy: z
    .enum(['Delete', 'Merge', 'Retain'])
    .default('Retain')
    .meta({ description: 'What happens to the Secret when its items are gone from Akeyless.' }),
  immutable: z.boolean().optional().meta({ description: 'Make the Secret immutable.' }),
  manifest: z
    .object({
      apiVersion: z.string().min(1).meta({ description: 'API version of the object.' }),
      kind: z.string().min(1).meta({ description: 'Kind of the object.' }),
    })
    .optional()
    .meta({ description: 'Make an object of another kind than Secret; needs --unsafe-allow-generic-targets.' }),
  template: Template.optional().meta({ description: 'How the Secret looks besides the fetched data.' }),
})
export type Target = z.infer<typeof Target>

// what the API server checks: RE2, where two loops over one text cost nothing
const esoSchedule = '^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every [^\\s]+.*|[^\\s]+( [^\\s]+){4})$'
// the same words in a form that backtracks nowhere: this one runs on texts of whoever reaches the webhook
const schedule = /^(?:@(?:annually|yearly|monthly|weekly|daily|midnight|hourly)|@every \S.*|\S+(?: \S+){4})$/

const SyncWindows = z.object({
  kind: z
    .enum(['allow', 'deny'])
    .meta({ description: 'Whether refreshes happen only inside or only outside the windows.' }),
  windows: z
    .array(
      z.object({
        schedule: z
          .string()
          .min(1)
          .refine(text => schedule.test(text), 'is no schedule')
          .meta({ pattern: esoSchedule, description: 'When the window opens: cron, in UTC.' }),
        duration: z.string().meta({ description: 'How long it stays open, as 2h.' }),
      }),
    )
    .min(1)
    .meta({ description: 'The windows.' }),
})
export type SyncWindows = z.infer<typeof SyncWindows>

export const ExternalSecretSpec = z
  .object({
    secretStoreRef: SecretStoreRef.optional().meta({ description: 'The store to read with.' }),
    target: Target.default({ creationPolicy: 'Owner', deletionPolicy: 'Retain' }).meta({
      description: 'The Secret to make.',
    }),
    refreshPolicy: z
      .enum(['CreatedOnce', 'Periodic', 'OnChange'])
      .optional()
      .meta({ description: 'When values are read again; left out, it is Periodic.' }),
    refreshInterval: z
      .string()
      .default('1h0m0s')
      .meta({ description: 'How often values are read again, as 1h or 90s; 0 means once.' }),
    syncWindows: SyncWindows.optional().meta({ description: 'Times at which refreshes may happen.' }),
    data: z.array(DataEntry).optional().meta({ description: 'Keys of the Secret, one by one.' }),
    dataFrom: z
      .array(DataFromEntry)
      .optional()
      .meta({ description: 'Keys of the Secret, many at once; data wins over them.' }),
  })
  .meta({ description: 'What to read and which Secret to make of it.' })
export type ExternalSecretSpec = z.infer<typeof ExternalSecretSpec>

export const ExternalSecretStatus = z
  .object({
    refreshTime: timestamp.nullish().meta({ description: 'When values were last read.' }),
    nextRefreshTime: timestamp
      .nullish()
      .meta({ description: 'When a lease makes them due before refreshInterval does; null if none does.' }),
    syncedResourceVersion: z.string().optional().meta({ description: 'Generation and hash of what was last synced.' }),
    observedGeneration: int64.optional().meta({ description: 'Generation of the spec that the conditions speak of.' }),
    controllerClass: z
      .string()
      .nullish()
      .meta({ description: 'Class of the Latchkey that served it last, where that is not the default one.' }),
    faults: FaultList.nullish().meta({
      description: 'What is wrong with single refs, the first 20; null if nothing is.',
    }),
    binding: z
      .object({ name: z.string().default('').meta({ description: 'Name of the Secret.' }) })
      .optional()
      .meta({ description: 'The Secret that was made.', 'x-kubernetes-map-type': 'atomic' }),
    conditions: z
      .array(
        Condition.extend({ type: z.enum(['Ready', 'Deleted']).meta({ description: 'Name of the condition.' }) }).meta({
          description: 'One observation about the object.',
        }),
      )
      .optional()
      .meta({ description: 'Ready: whether the Secret holds what Akeyless holds.' }),
  })
  .meta({ description: 'What Latchkey did.' })
export type ExternalSecretStatus = z.infer<typeof ExternalSecretStatus>

/** What to read from Akeyless and which Secret to make of it. */
export const ExternalSecret = z
  .object({
    apiVersion: z.string(),
    kind: z.literal('ExternalSecret'),
    metadata: ObjectMeta,
    spec: ExternalSecretSpec,
    status: ExternalSecretStatus.optional(),
  })
  .meta({ description: 'What to read from Akeyless and which Secret to make of it.' })
export type ExternalSecret = z.infer<typeof ExternalSecret>
