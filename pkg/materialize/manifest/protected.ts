import { Fault, show } from '#core'

interface Protected {
  /** Group, or `GROUP/KIND`; the core group is empty. */
  readonly what: string
  readonly why: string
}

const runs = 'it runs programs, under any service account of the namespace'
const admits = 'it decides what the API server lets in'

/**
 * What is never written, whatever the operator may do: with these, whoever may write an ExternalSecret would have the operator's
 * rights and not only its own (security.md T11).
 */
export const protectedKinds: readonly Protected[] = [
  { what: 'rbac.authorization.k8s.io', why: 'it gives rights' },
  { what: 'authentication.k8s.io', why: 'it gives identities' },
  { what: 'authorization.k8s.io', why: 'it tells the rights of others' },
  { what: 'certificates.k8s.io', why: 'it gives identities' },
  { what: 'admissionregistration.k8s.io', why: admits },
  { what: 'apiextensions.k8s.io', why: admits },
  { what: 'apiregistration.k8s.io', why: admits },
  { what: 'external-secrets.io', why: 'it says what is read, and with which credentials' },
  { what: 'generators.external-secrets.io', why: 'it says what is read, and with which credentials' },
  { what: '/ServiceAccount', why: 'it is an identity' },
  { what: '/Binding', why: 'it places pods' },
  { what: '/Pod', why: runs },
  { what: '/PodTemplate', why: runs },
  { what: '/ReplicationController', why: runs },
  { what: 'apps', why: runs },
  { what: 'batch', why: runs },
  { what: 'extensions', why: runs },
]

const reasons = new Map(protectedKinds.map(({ what, why }) => [what, why]))

/** Why an object of this kind is never written: SecretProtected, or undefined where it may be. */
export const protectedKind = ({ apiVersion, kind }: { apiVersion: string; kind: string }): Fault | undefined => {
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? '' : apiVersion.slice(0, slash)
  const why = reasons.get(group) ?? reasons.get(`${group}/${kind}`)
  if (why === undefined) return undefined
  return new Fault('SecretProtected', `${show(kind)} of ${show(apiVersion)} is never written: ${why}`, {
    path: 'spec.target.manifest',
    remedy: 'name another kind, as a ConfigMap',
  })
}
