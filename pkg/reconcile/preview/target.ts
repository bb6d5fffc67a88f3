import { type Finding, liveTarget, stamp } from '#admission'
import type { ExternalSecret } from '#api'
import { secretShape } from '#materialize'
import { managedLabel, targetName } from '../marks.ts'
import { isOfName } from '../owner.ts'
import { policyOf } from '../policy.ts'
import type { SecretDigest, SecretObject } from '../ports.ts'
import { refusedTarget } from '../refusal.ts'
import { named } from '../words.ts'
import type { PreviewDeps } from './ports.ts'
import { draftOf } from './verdict.ts'

const at = 'spec.target.name'

const cardOf = ({
  namespace,
  name,
  type,
  immutable,
  labels,
  annotations,
  ownerReferences,
}: SecretDigest): SecretObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name, labels, annotations, ownerReferences },
  type,
  immutable,
})

/** What is there already that somebody else made, and would be ours from then on. */
const adoption = (externalSecret: ExternalSecret, { metadata }: SecretObject): readonly Finding[] => {
  const { creates, shares, owns } = policyOf(externalSecret)
  const isMarked = metadata.labels?.[managedLabel] !== undefined
  const isLeft = (metadata.ownerReferences ?? []).some(owner => isOfName(owner, externalSecret))
  if (!creates || shares || isMarked || isLeft) return []
  const end = owns ? ', and it goes when the ExternalSecret goes' : ''
  const message = `Secret ${named(metadata.name)} is there, and no ExternalSecret made it: it is taken over, its other keys are removed${end}`
  const remedy = 'choose another name, or write creationPolicy: Merge to add keys to it'
  return [stamp(liveTarget.id, { path: at, message, remedy, level: 'warn' })]
}

/**
 * Whether the Secret that an ExternalSecret names may be written (security.md T10): in the words of the reconciler, who would refuse
 * it. Its data are not read; where its card cannot be read, nothing is said.
 */
export const previewTarget = async (
  deps: PreviewDeps,
  externalSecret: ExternalSecret,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const { metadata, spec } = externalSecret
  const { namespace = '' } = metadata
  if (!policyOf(externalSecret).writes || spec.target.manifest) return []
  const name = targetName(externalSecret)
  const digest = deps.secrets.get(`${namespace}/${name}`)
  const card = digest ? cardOf(digest) : await deps.secretCard(namespace, name, signal).catch(() => undefined)
  if (!card) return []
  const refused = refusedTarget(externalSecret, secretShape(spec, metadata), card)
  return refused ? [stamp(liveTarget.id, draftOf(refused, 'deny'))] : adoption(externalSecret, card)
}
