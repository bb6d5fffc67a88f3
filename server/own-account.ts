import { Fault, Sensitive } from '#core'

/** Where Kubernetes puts the token of a pod. */
const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token'

export interface OwnAccount {
  readonly namespace: string
  readonly name: string
  /** For the API server itself. */
  readonly token: Sensitive
}

const none = (): Fault =>
  new Fault('IdentityUnavailable', 'this process has no ServiceAccount of its own', {
    remedy: 'run it in a pod, or name a serviceAccountRef in the store',
  })

const subjectOf = (token: string): string => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const subject = typeof claims === 'object' && claims !== null && 'sub' in claims ? claims.sub : undefined
    return typeof subject === 'string' ? subject : ''
  } catch {
    return ''
  }
}

/** The ServiceAccount that this pod runs as. Throws Fault IdentityUnavailable outside of a pod. */
export const ownAccount = async (readFile: (path: string) => Promise<string>): Promise<OwnAccount> => {
  const token = await readFile(tokenFile).then(
    text => text.trim(),
    () => '',
  )
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subjectOf(token)) ?? []
  if (!namespace || !name) throw none()
  return { namespace, name, token: Sensitive.text(token) }
}
