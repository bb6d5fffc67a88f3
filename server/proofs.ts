import type { Proofs } from '#akeyless'
import type { ProjectedToken } from '#api'
import { createCloud } from '#cloud'
import { Fault, type Sensitive } from '#core'
import type { credentialReader, serviceAccounts } from '#kube'
import { ownAccount } from './own-account.ts'

interface ProofDeps {
  readonly accounts: ReturnType<typeof serviceAccounts>
  readonly credentials: Pick<ReturnType<typeof credentialReader>, 'secret'>
  readonly env: NodeJS.ProcessEnv
  readonly readFile: (path: string) => Promise<string>
  readonly now: () => number
  /** Signs for the STS of the region. */
  readonly regional: boolean
}

interface Account {
  readonly namespace: string
  readonly name: string
  readonly audiences: readonly string[]
}

const absent = ({ namespace, name }: Account): Fault =>
  new Fault('CredentialMissing', `ServiceAccount ${namespace}/${name} does not exist`, {
    remedy: 'create it',
    // where we may not watch ServiceAccounts
    retryAfterMs: 10e3,
  })

const requested = async ({ accounts }: ProofDeps, account: Account, signal: AbortSignal): Promise<Sensitive> => {
  const token = await accounts.token(account.namespace, account.name, account.audiences, signal)
  if (!token) throw absent(account)
  return token
}

/** The token that Kubernetes kept in a Secret before 1.24, as ESO takes it first (akeyless.md §4.1). */
const legacy = async (deps: ProofDeps, account: Account, signal: AbortSignal): Promise<Sensitive | undefined> => {
  const { namespace, name } = account
  const found = await deps.accounts.read(namespace, name, signal)
  if (!found) throw absent(account)
  for (const secret of found.secrets) {
    // whatever is wrong with one of them, there is the TokenRequest yet
    const data = await deps.credentials.secret(namespace, secret, signal).catch(() => undefined)
    const token = data?.get('token')
    if (token && token.size > 0) return token
  }
  return undefined
}

const own = async (deps: ProofDeps, audiences: readonly string[], signal: AbortSignal): Promise<Sensitive> => {
  const account = await ownAccount(deps.readFile)
  return audiences.length === 0 ? account.token : requested(deps, { ...account, audiences }, signal)
}

/** What logs in without a secret of the store's own: ServiceAccounts by the API server, clouds by the pod's identity. */
export const createProofs = (deps: ProofDeps): Proofs => {
  const { env, readFile, now, regional } = deps
  // for the audiences that were asked for, which a legacy token never has
  const projectedToken = (account: Account, signal: AbortSignal) => requested(deps, account, signal)
  const cloud = createCloud({ env, readFile, now, projectedToken })
  return {
    projectedToken: async (token: Exclude<ProjectedToken, { from: 'secret' }>, signal) => {
      if (token.from === 'own') return own(deps, token.audiences, signal)
      const kept = token.audiences.length === 0 ? await legacy(deps, token, signal) : undefined
      return kept ?? requested(deps, token, signal)
    },
    aws: signal => cloud.aws({ regional }, signal),
    azure: (of, signal) => cloud.azure(of, signal),
    gcp: (audience, signal) => cloud.gcp(audience, signal),
  }
}
