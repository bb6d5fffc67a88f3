import type { ObjectMeta } from '#api'
import { nearest, show } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { classAnnotation } from '../foreign.ts'
import { silenceAnnotation } from '../settle.ts'

/** `true` lets a push overwrite items that no PushSecret made. */
export const adoptAnnotation = 'latchkey.dev/adopt-remote'

const known: readonly string[] = [adoptAnnotation, classAnnotation, silenceAnnotation]
const level = 'warn'

const drafts = ([key, value]: readonly [string, string]): readonly Draft[] => {
  const path = `metadata.annotations[${JSON.stringify(key)}]`
  if (key === adoptAnnotation && value !== 'true' && value !== 'false') {
    return [{ path, message: `${show(value)} means nothing`, remedy: 'write "true", or leave it out', level }]
  }
  if (!key.startsWith('latchkey.dev/') || known.includes(key)) return []
  const meant = nearest(key, known)
  return [{ path, message: 'means nothing', remedy: meant ? `did you mean ${meant}?` : 'leave it out', level }]
}

/** Of all kinds: a word that nobody reads would be taken for one that works. */
export const annotation: Rule<{ readonly metadata: ObjectMeta }> = {
  id: 'annotation',
  doc: 'An annotation of latchkey.dev is one that means something, and has a value that does; another one is warned about.',
  warns: true,
  check: ({ metadata }) => Object.entries(metadata.annotations ?? {}).flatMap(drafts),
}
