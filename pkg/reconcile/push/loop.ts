import type { ExternalSecret } from '#api'
import { Fault, show } from '#core'
import { isInRead, itemPath, type PushPart, storesOf } from '#materialize'
import { gatewayOf } from '../gateway.ts'
import { targetIndex } from '../indexes.ts'
import { targetName } from '../marks.ts'
import { lookUp } from '../stores.ts'
import type { Job, PushPass } from './pass.ts'
import { sourceName } from './source.ts'

/** One item that an ExternalSecret names; no property: all of it. */
interface Read {
  readonly gateway: string
  readonly path: string
  readonly property: string | undefined
}

const gatewayBy = (
  pass: PushPass,
  { spec, metadata }: ExternalSecret,
  ref: { kind?: 'SecretStore' | 'ClusterSecretStore' | undefined; name?: string | undefined } | undefined,
) => {
  const named = ref ?? storesOf(spec)[0]
  const store = lookUp(
    { kind: named?.kind ?? 'SecretStore', name: named?.name ?? '' },
    metadata.namespace ?? '',
    pass.deps,
  )
  return store && gatewayOf(store)
}

/** What an ExternalSecret reads by name; what a search finds is not known here. */
const readsOf = (pass: PushPass, object: ExternalSecret): readonly Read[] => {
  const { data = [], dataFrom = [], secretStoreRef } = object.spec
  const entries = [
    ...data.map(({ remoteRef, sourceRef }) => ({ remoteRef, sourceRef })),
    ...dataFrom.flatMap(({ extract, sourceRef }) => (extract ? [{ remoteRef: extract, sourceRef }] : [])),
  ]
  return entries.map(({ remoteRef, sourceRef }) => ({
    gateway: gatewayBy(pass, object, sourceRef?.storeRef ?? secretStoreRef) ?? '',
    path: itemPath(remoteRef.key),
    property: remoteRef.property,
  }))
}

const makersOf = (pass: PushPass): readonly ExternalSecret[] => {
  const { namespace = '' } = pass.pushSecret.metadata
  const name = sourceName(pass.pushSecret)
  if (name !== undefined) return pass.deps.externalSecrets.by(targetIndex, `${namespace}/${name}`)
  return pass.deps.externalSecrets.list().filter(({ metadata }) => metadata.namespace === namespace)
}

/**
 * That the Secret is made from the very item that it would be written to. Asked only where the two differ: pushing then would have
 * two controllers chase each other, each undoing what the other did. Undefined where it is not so.
 */
export const loopFault = (pass: PushPass, { door, push }: Job, parts: readonly PushPart[]): Fault | undefined => {
  const gateway = gatewayOf(door.store)
  const path = itemPath(push.remoteKey)
  for (const maker of makersOf(pass)) {
    if (maker.spec.target.creationPolicy === 'None') continue
    for (const read of readsOf(pass, maker)) {
      if (read.gateway !== gateway || read.path !== path) continue
      const part = parts.find(({ entry }) => isInRead(entry.match.remoteRef.property, read.property))
      if (!part) continue
      const what = `ExternalSecret ${show(maker.metadata.name)} makes Secret ${show(targetName(maker))} from item ${show(push.remoteKey)}, and the two differ`
      return new Fault('PushLoop', `${what}; nothing is pushed`, { path: part.path })
    }
  }
  return undefined
}
