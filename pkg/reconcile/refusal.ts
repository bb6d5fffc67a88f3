import { isDeepStrictEqual } from 'node:util'
import type { ExternalSecret } from '#api'
import { Fault } from '#core'
import type { SecretShape } from '#materialize'
import { targetName } from './marks.ts'
import { isExternalSecret, isOfName } from './owner.ts'
import { type Policy, policyOf } from './policy.ts'
import type { OwnerReference, SecretObject } from './ports.ts'
import { named } from './words.ts'

/** What must be known of a write to tell whether it may happen. */
export interface Claim {
  readonly externalSecret: ExternalSecret
  readonly policy: Policy
  readonly name: string
  readonly type: string | undefined
  /** base64; undefined while the items are not read. */
  readonly data: Readonly<Record<string, string>> | undefined
}

/** Secrets that somebody's identity or release history depends on: never written, never made (security.md T10, T11). */
const protectedTypes: readonly string[] = [
  'kubernetes.io/service-account-token',
  'bootstrap.kubernetes.io/token',
  'helm.sh/release.v1',
  // our own CA (certs/store.ts): its key signs what API servers trust
  'latchkey.dev/webhook-ca',
]

const at = 'spec.target.name'
const typeAt = 'spec.target.template.type'
const refuse = (
  code: 'SecretOwned' | 'SecretImmutable' | 'SecretProtected',
  what: string,
  path: string,
  remedy: string,
) => new Fault(code, what, { path, remedy })

/** The type that the Secret would get, where it is one that nobody may make. */
const forbiddenType = ({ type }: Claim): Fault | undefined =>
  type !== undefined && protectedTypes.includes(type)
    ? refuse('SecretProtected', `Secrets of type ${type} are never made`, typeAt, 'choose another type')
    : undefined

/** Another ExternalSecret's is never touched; what any other controller owns takes keys beside its own, and no more. */
const foreignOwner = (claim: Claim, owners: readonly OwnerReference[]): Fault | undefined => {
  const owner = owners.find(
    other =>
      other.controller === true &&
      !isOfName(other, claim.externalSecret) &&
      (!claim.policy.shares || isExternalSecret(other)),
  )
  return (
    owner &&
    refuse(
      'SecretOwned',
      `Secret ${claim.name} belongs to ${named(owner.kind)} ${named(owner.name)}`,
      at,
      'choose another name',
    )
  )
}

const ofExisting = (claim: Claim, existing: SecretObject): Fault | undefined => {
  const type = existing.type ?? 'Opaque'
  const say = `Secret ${claim.name} is`
  if (protectedTypes.includes(type)) {
    return refuse('SecretProtected', `${say} of type ${type}, which is never written`, at, 'choose another name')
  }
  const foreign = foreignOwner(claim, existing.metadata.ownerReferences ?? [])
  if (foreign) return foreign
  const { creates, shares } = claim.policy
  // Kubernetes never lets the type of a Secret change, nor makes an immutable one mutable
  const anew = creates ? `delete Secret ${claim.name}; it is made anew` : 'choose another name'
  if (claim.type !== undefined && claim.type !== type) {
    return refuse('SecretImmutable', `${say} of type ${named(type)}, not ${named(claim.type)}`, typeAt, anew)
  }
  const holdsOther = claim.data !== undefined && !isDeepStrictEqual({ ...existing.data }, { ...claim.data })
  if (existing.immutable !== true || !holdsOther) return undefined
  return shares
    ? refuse(
        'SecretImmutable',
        `${say} immutable and takes no keys`,
        at,
        'choose another name, or replace it by a mutable one',
      )
    : refuse('SecretImmutable', `${say} immutable and holds other data than Akeyless`, at, anew)
}

/** Why a Secret must not be made or written: its type, its owner, or that it cannot change (security.md T10, T11). */
export const refusal = (claim: Claim, existing: SecretObject | undefined): Fault | undefined =>
  forbiddenType(claim) ?? (existing && ofExisting(claim, existing))

/**
 * The same, asked before the items are read again after a failure, so that a refusal costs no call and no lease. What they hold
 * is not known yet, so an immutable Secret passes.
 */
export const refusedTarget = (
  externalSecret: ExternalSecret,
  shape: SecretShape,
  existing: SecretObject | undefined,
): Fault | undefined =>
  refusal(
    {
      externalSecret,
      policy: policyOf(externalSecret),
      name: targetName(externalSecret),
      type: shape.type,
      data: undefined,
    },
    existing,
  )
