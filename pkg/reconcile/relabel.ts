import { dataHash, fieldManager, Sensitive } from '#core'
import { secretShape } from '#materialize'
import { readyOf } from './conditions.ts'
import { dueIn, type Sync } from './decide.ts'
import { writtenBy } from './managed.ts'
import { dataHashAnnotation, syncedVersion, targetName } from './marks.ts'
import { digestOf, type Pass } from './pass.ts'
import { policyOf } from './policy.ts'
import type { SecretObject } from './ports.ts'
import { want } from './secret.ts'
import type { Outcome } from './summarize.ts'
import { writeSecret } from './write.ts'

type Data = ReadonlyMap<string, Sensitive>

const dataOf = ({ data }: SecretObject): Data =>
  new Map(Object.entries(data ?? {}).map(([key, text]) => [key, Sensitive.bytes(Buffer.from(text, 'base64'))] as const))

/** The keys that are this ExternalSecret's: all, or what its field manager wrote where others may have keys too. */
const oursIn = ({ externalSecret }: Pass, live: SecretObject, data: Data): Data => {
  if (!policyOf(externalSecret).shares) return data
  const written = writtenBy(live, fieldManager(externalSecret.metadata.name)).data
  return new Map([...data].filter(([key]) => written.has(key)))
}

const hashOf = (data: Data): string => dataHash(new Map([...data].map(([key, value]) => [key, value.reveal()])))

/** Whether what is wrong with the Secret may be its labels, annotations and owners alone, its data still those of the spec. */
const mayBeTorn = ({ deps, externalSecret }: Pass): boolean => {
  const { spec, status } = externalSecret
  const digest = digestOf(deps, externalSecret)
  // without the managed label no watch shows it: to look costs a call, a lease costs more
  const dataHold = digest
    ? digest.annotations[dataHashAnnotation] === digest.dataHash
    : Boolean(status?.nextRefreshTime)
  return (
    dataHold &&
    spec.target.template === undefined &&
    status?.syncedResourceVersion === syncedVersion(externalSecret) &&
    readyOf(status.conditions)?.reason === 'SecretSynced'
  )
}

/**
 * An edit of labels or annotations alone must not cost a lease, not even after a restart has emptied the memory (decision 18):
 * labels and annotations are written around the data that the Secret holds. So they are where somebody edited them in the Secret.
 * With a template those of the ExternalSecret do not reach the Secret at all. Undefined where that is not enough, since a refresh is
 * due as well, or the data are not what was written last: then the items are read. Throws Fault.
 */
export const relabel = async (pass: Pass, decision: Sync): Promise<Outcome | undefined> => {
  const { deps, externalSecret, startedAt, signal } = pass
  const { metadata, spec } = externalSecret
  const touched = decision.reason === 'touched' && decision.keepsClock
  const torn = decision.reason === 'drift' && mayBeTorn(pass)
  // an object of another kind is laid out anew
  if (spec.target.manifest) return undefined
  if (!(touched || torn) || !policyOf(externalSecret).writes || dueIn(externalSecret, startedAt) === 0) return undefined
  const live = await deps.secretWriter.read(metadata.namespace ?? '', targetName(externalSecret), signal)
  const data = live && dataOf(live)
  if (!data || live.metadata.annotations?.[dataHashAnnotation] !== hashOf(data)) return undefined
  const kept = { did: 'sync', startedAt, leaseDueAt: undefined, keepsClock: true, missing: [] } as const
  if (spec.target.template) return { ...kept, written: 'unchanged' }
  const wanted = want(externalSecret, oursIn(pass, live, data), secretShape(spec, metadata))
  const known = { digest: digestOf(deps, externalSecret), settled: false, approve: () => {} }
  return { ...kept, written: await writeSecret(deps.secretWriter, wanted, known, signal) }
}
