import { z } from 'zod'
import { recordOf } from '#api'
import { Fault, Sensitive } from '#core'
import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { pathOf } from './path.ts'

const Account = z.object({
  metadata: z.object({ uid: z.string().default(''), annotations: recordOf(z.string()).default({}) }),
  secrets: z.array(z.object({ name: z.string().optional() })).nullish(),
})
const Digest = z.object({ metadata: z.object({ annotations: recordOf(z.string()).default({}) }) })
const TokenAnswer = z.object({ status: z.object({ token: z.string().min(1) }) })

const remedy = 'give that right: kubectl apply -f deploy/tokens.yaml'

/** The right is given apart from the others (deploy/permissions.ts): whoever lacks it should know. */
const told = (thrown: unknown, what: string): Fault => {
  const fault = clusterFault(thrown, what)
  const forbidden = thrown instanceof KubeError && thrown.status === 403
  return forbidden ? new Fault(fault.code, fault.message, { remedy }) : fault
}

/** What of a ServiceAccount matters to a login. */
export interface ServiceAccount {
  readonly uid: string
  readonly annotations: ReadonlyMap<string, string>
  /** Names of its token Secrets, which Kubernetes made before 1.24. */
  readonly secrets: readonly string[]
}

/** What stays in memory of a ServiceAccount: a cluster has thousands, and hardly one of them means anything to Azure. */
export interface AccountDigest {
  /** Its annotations of Azure's workload identity; empty where it has none. */
  readonly workload: string
}
const plain: AccountDigest = Object.freeze({ workload: '' })

/** Reduces a ServiceAccount, or its metadata alone. Throws where it is no object. */
export const accountDigest = (raw: unknown): AccountDigest => {
  const all = Object.entries(Digest.parse(raw).metadata.annotations)
  const own = all.filter(([name]) => name.startsWith('azure.workload.identity/')).sort()
  return own.length === 0 ? plain : { workload: JSON.stringify(own) }
}

/** ServiceAccounts and their tokens, live. Throws Fault. */
export const serviceAccounts = (cluster: Cluster) => {
  const place = (namespace: string, name: string): string =>
    pathOf({ apiVersion: 'v1', resource: 'serviceaccounts', namespace, name })

  return {
    /** Undefined when absent. */
    read: async (namespace: string, name: string, signal: AbortSignal): Promise<ServiceAccount | undefined> => {
      try {
        const { metadata, secrets } = Account.parse(
          await cluster.request({ method: 'GET', path: place(namespace, name), signal }),
        )
        return {
          uid: metadata.uid,
          annotations: new Map(Object.entries(metadata.annotations)),
          secrets: (secrets ?? []).flatMap(secret => secret.name ?? []),
        }
      } catch (thrown) {
        if (thrown instanceof KubeError && thrown.status === 404) return undefined
        throw signal.aborted ? thrown : told(thrown, `read ServiceAccount ${namespace}/${name}`)
      }
    },
    /**
     * A token for these audiences, the API server's own where there are none, good for ten minutes, which is the least that
     * Kubernetes gives. Undefined where there is no such ServiceAccount.
     */
    token: async (
      namespace: string,
      name: string,
      audiences: readonly string[],
      signal: AbortSignal,
    ): Promise<Sensitive | undefined> => {
      const spec = { expirationSeconds: 600, ...(audiences.length > 0 ? { audiences } : {}) }
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }
      try {
        const answer = await cluster.request({ method: 'POST', path: `${place(namespace, name)}/token`, body, signal })
        const parsed = TokenAnswer.safeParse(answer)
        if (parsed.success) return Sensitive.text(parsed.data.status.token)
        // zod's own error could show the token
        throw new KubeError({ status: 0, reason: 'Garbled' })
      } catch (thrown) {
        if (thrown instanceof KubeError && thrown.status === 404) return undefined
        throw signal.aborted ? thrown : told(thrown, `request a token of ServiceAccount ${namespace}/${name}`)
      }
    },
  }
}
