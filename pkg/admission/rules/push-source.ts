import type { PushSecret, PushSecretSpec } from '#api'
import type { Draft, Rule } from '../findings.ts'
import { labelSelectorDrafts } from './selector.ts'

const path = 'spec.selector'
type Secret = NonNullable<PushSecretSpec['selector']['secret']>

const secretDrafts = ({ name, selector }: Secret): Draft[] => {
  if (!selector) {
    return name ? [] : [{ path: `${path}.secret`, message: 'names no Secret', remedy: 'give it a name or a selector' }]
  }
  const wrong = labelSelectorDrafts(`${path}.secret.selector`, selector)
  if (!name) return wrong
  const message = 'is not used: a name is given too'
  return [...wrong, { path: `${path}.secret.selector`, message, remedy: 'remove one of them', level: 'warn' }]
}

/** Several Secrets for one place: each of them is written over the one before. */
const crowded = ({ selector: { secret }, data = [], dataTo = [] }: PushSecretSpec): Draft[] => {
  if (!secret?.selector || secret.name) return []
  if (data.length === 0 && dataTo.every(({ remoteKey }) => !remoteKey)) return []
  const message = 'each Secret that it finds is pushed to the same items'
  return [
    {
      path: `${path}.secret.selector`,
      message,
      remedy: 'name one Secret, and make a PushSecret for each',
      level: 'warn',
    },
  ]
}

export const pushSource: Rule<PushSecret> = {
  id: 'push-source',
  doc: 'A PushSecret names a Secret or selects some; a warning where a selector is idle, or would have several pushed to one place.',
  warns: true,
  check: ({ spec }) => {
    const { secret, generatorRef } = spec.selector
    if (secret && generatorRef) return [{ path, message: 'has secret and generatorRef', remedy: 'keep one of them' }]
    if (secret) return [...secretDrafts(secret), ...crowded(spec)]
    return generatorRef ? [] : [{ path, message: 'names nothing to push', remedy: 'give it a secret with a name' }]
  },
}
