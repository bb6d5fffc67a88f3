import type { PushSecret, PushSecretSpec } from '#api'
import { show } from '#core'
import { keyProblem, pathProblem } from '#materialize'
import type { Draft, Rule } from '../findings.ts'
import { keyDrafts, propertyDrafts } from './remote-key.ts'

type Entry = NonNullable<PushSecretSpec['data']>[number]

/** Whether the keys that are pushed are those of the Secret itself: a template and a conversion make others. */
const keepsKeys = ({ conversionStrategy }: Entry, { template }: PushSecretSpec): boolean =>
  conversionStrategy === 'None' && !template?.templateFrom?.length && Object.keys(template?.data ?? {}).length === 0

const secretKeyDrafts = (path: string, entry: Entry, spec: PushSecretSpec): Draft[] => {
  const { secretKey: key = '', remoteRef } = entry.match
  if (key === '') {
    const message = 'is missing: a property takes the value of one key'
    return remoteRef.property ? [{ path, message, remedy: 'name the key of the Secret' }] : []
  }
  const problem = keepsKeys(entry, spec) ? keyProblem(key) : undefined
  return problem ? [{ path, message: `${show(key)} ${problem.what}`, remedy: problem.remedy }] : []
}

const pathDrafts = (path: string, remoteKey: string): Draft[] => {
  const drafts = keyDrafts(path, remoteKey)
  const problem = drafts.length === 0 ? pathProblem(remoteKey) : undefined
  return problem ? [{ path, ...problem }] : drafts
}

export const pushKey: Rule<PushSecret> = {
  id: 'push-key',
  doc: 'Each entry names an item, by a path without control characters or .., and a key that a Secret can have; a property needs one.',
  check: ({ spec }) => [
    ...(spec.data ?? []).flatMap((entry, index) => {
      const path = `spec.data[${index}].match`
      const { remoteKey, property } = entry.match.remoteRef
      return [
        ...secretKeyDrafts(`${path}.secretKey`, entry, spec),
        ...pathDrafts(`${path}.remoteRef.remoteKey`, remoteKey),
        ...propertyDrafts(`${path}.remoteRef.property`, property),
      ]
    }),
    ...(spec.dataTo ?? []).flatMap(({ remoteKey }, index) =>
      remoteKey === undefined ? [] : pathDrafts(`spec.dataTo[${index}].remoteKey`, remoteKey),
    ),
  ],
}
