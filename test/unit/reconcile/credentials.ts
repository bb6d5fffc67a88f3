import { Sensitive } from '#core'
import type { CredentialReader } from '../../../pkg/reconcile/ports.ts'

/** Credentials in memory, by `namespace/name`; `reads` lists what was asked for. */
export const credentialsIn = (
  secrets: Record<string, Record<string, string>>,
  configMaps: Record<string, Record<string, string>> = {},
  /** Annotations, by `namespace/name`. */
  serviceAccounts: Record<string, Record<string, string>> = {},
): CredentialReader & { reads: string[]; secrets: Record<string, Record<string, string>> } => {
  const reads: string[] = []
  return {
    reads,
    secrets,
    secret: async (namespace, name) => {
      reads.push(`Secret ${namespace}/${name}`)
      const data = secrets[`${namespace}/${name}`]
      return data && new Map(Object.entries(data).map(([key, text]) => [key, Sensitive.text(text)]))
    },
    configMap: async (namespace, name) => {
      reads.push(`ConfigMap ${namespace}/${name}`)
      const data = configMaps[`${namespace}/${name}`]
      return data && new Map(Object.entries(data))
    },
    serviceAccount: async (namespace, name) => {
      reads.push(`ServiceAccount ${namespace}/${name}`)
      const annotations = serviceAccounts[`${namespace}/${name}`]
      return annotations && { annotations: new Map(Object.entries(annotations)) }
    },
  }
}
