import { z } from 'zod'
import { dataKey, objectName, texts } from './meta.ts'

export const SecretStoreRef = z.object({
  name: objectName.optional().meta({ description: 'Name of the store.' }),
  kind: z
    .enum(['SecretStore', 'ClusterSecretStore'])
    .optional()
    .meta({ description: 'Kind of the store; left out, it is SecretStore.' }),
})
export type SecretStoreRef = z.infer<typeof SecretStoreRef>

/** Kinds of ESO's generators, by name only: we generate nothing (decision 2). */
const generatorKinds = [
  'ACRAccessToken',
  'BeyondtrustWorkloadCredentialsDynamicSecret',
  'ClusterGenerator',
  'CloudsmithAccessToken',
  'ECRAuthorizationToken',
  'Fake',
  'GCRAccessToken',
  'GithubAccessToken',
  'GitlabDeployToken',
  'QuayAccessToken',
  'Password',
  'SSHKey',
  'STSSessionToken',
  'UUID',
  'VaultDynamicSecret',
  'Webhook',
  'Grafana',
  'MFA',
] as const

export const GeneratorRef = z.object({
  apiVersion: z
    .string()
    .default('generators.external-secrets.io/v1alpha1')
    .meta({ description: 'API version of the generator.' }),
  kind: z.enum(generatorKinds).meta({ description: 'Kind of the generator.' }),
  name: objectName.meta({ description: 'Name of the generator.' }),
})

export const SourceRef = z.object({
  storeRef: SecretStoreRef.optional().meta({ description: 'Another store than spec.secretStoreRef.' }),
  generatorRef: GeneratorRef.optional().meta({ description: 'A generator of ESO; Latchkey refuses it at admission.' }),
})
export type SourceRef = z.infer<typeof SourceRef>

const sourceRef = SourceRef.optional().meta({
  description: 'Where this entry comes from, if not from spec.secretStoreRef.',
  minProperties: 1,
  maxProperties: 1,
})

const conversionStrategy = z
  .enum(['Default', 'Unicode'])
  .optional()
  .meta({ description: 'How characters that a Secret key must not have are replaced: by _, or by _Uxxxx_.' })
const decodingStrategy = z
  .enum(['Auto', 'Base64', 'Base64URL', 'None'])
  .optional()
  .meta({ description: 'How the value is decoded after it was read; left out, not at all.' })
const nullBytePolicy = z
  .enum(['Ignore', 'Fail'])
  .optional()
  .meta({ description: 'What to do with a value that holds a null byte; left out, it is kept.' })

/** One item of Akeyless, or one property of its JSON value. */
export const RemoteRef = z.object({
  key: z.string().meta({ description: 'Path of the item in Akeyless.' }),
  property: z.string().optional().meta({ description: 'Property of the JSON value; dots lead deeper.' }),
  version: z.string().optional().meta({ description: 'Version of the item; left out, the latest.' }),
  metadataPolicy: z
    .enum(['None', 'Fetch'])
    .optional()
    .meta({ description: 'Fetch reads the tags of the item instead of its value.' }),
  conversionStrategy,
  decodingStrategy,
  nullBytePolicy,
})
export type RemoteRef = z.infer<typeof RemoteRef>

export const DataEntry = z.object({
  secretKey: dataKey.meta({ description: 'Key in the Secret.' }),
  remoteRef: RemoteRef.meta({ description: 'Where its value comes from.' }),
  sourceRef,
})
export type DataEntry = z.infer<typeof DataEntry>

export const Find = z.object({
  path: z.string().optional().meta({ description: 'Folder to search in.' }),
  name: z
    .object({ regexp: z.string().optional().meta({ description: 'Regular expression (RE2, not anchored).' }) })
    .optional()
    .meta({ description: 'Items by name.' }),
  tags: texts.optional().meta({ description: 'Items by tag.' }),
  conversionStrategy,
  decodingStrategy,
  nullBytePolicy,
})
export type Find = z.infer<typeof Find>

const Merge = z.object({
  into: z.string().default('').meta({ description: 'Key that takes the result, with strategy JSON.' }),
  priority: z.array(z.string()).optional().meta({ description: 'Keys that win, the last one most.' }),
  priorityPolicy: z
    .enum(['Strict', 'IgnoreNotFound'])
    .default('Strict')
    .meta({ description: 'Whether a key named in priority must exist.' }),
  conflictPolicy: z
    .enum(['Error', 'Ignore'])
    .default('Error')
    .meta({ description: 'Whether two values for one key are an error.' }),
  strategy: z
    .enum(['Extract', 'JSON'])
    .default('Extract')
    .meta({ description: 'Extract: the properties become keys. JSON: one key holds the merged object.' }),
})

/** The ways to rename one key by itself. */
export const renaming = {
  regexp: z
    .object({
      source: z.string().meta({ description: 'Regular expression (RE2).' }),
      target: z.string().meta({ description: 'Replacement; $1 is the first group.' }),
    })
    .optional()
    .meta({ description: 'Renames keys by regular expression.' }),
  transform: z
    .object({ template: z.string().meta({ description: 'Template of the new key; .value is the old one.' }) })
    .optional()
    .meta({ description: 'Renames keys by template.' }),
}

/** One step that renames or merges keys; exactly one member is set. */
export const Rewrite = z
  .object({
    ...renaming,
    merge: Merge.optional().meta({ description: 'Merges the JSON values of all keys.' }),
  })
  .meta({ minProperties: 1, maxProperties: 1 })
export type Rewrite = z.infer<typeof Rewrite>

export const DataFromEntry = z.object({
  extract: RemoteRef.optional().meta({ description: 'Every property of one JSON item becomes a key.' }),
  find: Find.optional().meta({ description: 'Every item that is found becomes a key.' }),
  rewrite: z.array(Rewrite).optional().meta({ description: 'Steps that rename or merge the keys, in this order.' }),
  sourceRef,
})
export type DataFromEntry = z.infer<typeof DataFromEntry>
