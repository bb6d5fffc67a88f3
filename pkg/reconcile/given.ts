import type { ExternalSecret } from '#api'
import { secretShape } from '#materialize'
import {
  createdByLabel,
  dataHashAnnotation,
  forceSyncAnnotations,
  forceSyncMark,
  managedLabel,
  syncedVersion,
} from './marks.ts'
import { policyOf } from './policy.ts'
import type { SecretDigest } from './ports.ts'

type Texts = Readonly<Record<string, string>>

// the first three are looked at by themselves, and a word to us is none to whoever reads the Secret
const ours: ReadonlySet<string> = new Set([
  managedLabel,
  createdByLabel,
  dataHashAnnotation,
  forceSyncMark,
  ...forceSyncAnnotations,
])

const isComputed = (text: string): boolean => text.includes('{{')

const holds = (texts: Texts, given: Texts, shared: boolean): boolean =>
  Object.entries(given).every(
    ([key, text]) => ours.has(key) || isComputed(text) || (shared ? Object.hasOwn(texts, key) : texts[key] === text),
  )

/**
 * Whether the Secret still has every label and annotation that the manifest gives it, where the last sync wrote those of the
 * manifest as it is now. What a template computes is not known without its values: the next refresh sees to that. In a Secret that
 * is shared each one counts, whatever it says: two that write it may disagree, and would do so for ever.
 */
export const holdsGiven = (externalSecret: ExternalSecret, { labels, annotations }: SecretDigest): boolean => {
  const { spec, metadata, status } = externalSecret
  if (status?.syncedResourceVersion !== syncedVersion(externalSecret)) return true
  const { shares } = policyOf(externalSecret)
  const shape = secretShape(spec, metadata)
  return holds(labels, shape.labels, shares) && holds(annotations, shape.annotations, shares)
}

const computes = ({ spec }: ExternalSecret, place: 'labels' | 'annotations', key: string): boolean => {
  const { metadata, templateFrom = [] } = spec.target.template ?? {}
  const text = metadata?.[place]?.[key]
  return text === undefined ? templateFrom.some(({ target }) => target.toLowerCase() === place) : isComputed(text)
}

/**
 * Whether a label or annotation that a template may have computed is not in the Secret any more as it was before. So it is after a
 * write of ours too; who looks then finds nothing to do.
 */
export const changesComputed = (externalSecret: ExternalSecret, prior: SecretDigest, now: SecretDigest): boolean => {
  if (externalSecret.spec.target.template === undefined || !policyOf(externalSecret).guards) return false
  return (['labels', 'annotations'] as const).some(place =>
    Object.entries(prior[place]).some(
      ([key, text]) => !ours.has(key) && now[place][key] !== text && computes(externalSecret, place, key),
    ),
  )
}
