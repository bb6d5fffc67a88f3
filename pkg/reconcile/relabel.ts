import { Sensitive } from '#core'
import { secretShape } from '#materialize'
import { type Decision, dueIn } from './decide.ts'
import { dataHashAnnotation, targetName } from './marks.ts'
import { digestOf, type Pass } from './pass.ts'
import { want } from './secret.ts'
import type { Outcome } from './summarize.ts'
import { writeSecret } from './write.ts'

type Sync = Extract<Decision, { do: 'sync' }>

/**
 * An edit of labels or annotations alone must not cost a lease, not even after a restart has emptied the memory (decision 18):
 * labels and annotations are written around the data that the Secret holds. Undefined where that is not enough, since a refresh is
 * due as well, or the data are not what was written last: then the items are read. Throws Fault.
 */
export const relabel = async (pass: Pass, decision: Sync): Promise<Outcome | undefined> => {
  const { deps, externalSecret, startedAt, signal } = pass
  const { metadata, spec } = externalSecret
  const touched = decision.reason === 'touched' && decision.keepsClock
  if (!touched || dueIn(externalSecret, startedAt) === 0) return undefined
  const live = await deps.secretWriter.read(metadata.namespace ?? '', targetName(externalSecret), signal)
  const data = Object.entries(live?.data ?? {}).map(
    ([key, text]) => [key, Sensitive.bytes(Buffer.from(text, 'base64'))] as const,
  )
  const wanted = want(externalSecret, new Map(data), secretShape(spec, metadata))
  if (live?.metadata.annotations?.[dataHashAnnotation] !== wanted.dataHash) return undefined
  const known = { digest: digestOf(deps, externalSecret), settled: false }
  const written = await writeSecret(deps.secretWriter, wanted, known, signal)
  return { did: 'sync', written, startedAt, leaseDueAt: undefined, keepsClock: true }
}
