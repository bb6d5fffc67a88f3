import type { DataFromEntry, ExternalSecretSpec, SourceRef, Template } from '#api'
import { Fault, member, show } from '#core'
import { patternFault } from './item.ts'
import { toByteText } from './json/cursor.ts'
import { isPattern } from './json/path.ts'
import { dataSites, extractSites } from './refs.ts'

const later = (path: string, what: string, remedy: string): Fault => new Fault('NotSupported', what, { path, remedy })

const keepWithEso = 'leave it out, or keep this object with ESO'

const sources = (path: string, source: SourceRef | undefined, spec: ExternalSecretSpec): Fault[] => {
  const { storeRef, generatorRef } = source ?? {}
  const faults: Fault[] = []
  if (generatorRef) faults.push(later(`${path}.sourceRef.generatorRef`, 'Latchkey runs no generators', keepWithEso))
  if (storeRef) {
    const main = spec.secretStoreRef
    const same = storeRef.name === main?.name && (storeRef.kind || 'SecretStore') === (main?.kind || 'SecretStore')
    if (!same) {
      faults.push(
        later(
          `${path}.sourceRef.storeRef`,
          'a second store in one ExternalSecret is not supported by this version',
          'name the store in spec.secretStoreRef and make one ExternalSecret for each store',
        ),
      )
    }
  }
  return faults
}

const dataFrom = (entry: DataFromEntry, index: number, spec: ExternalSecretSpec): Fault[] => {
  const path = `spec.dataFrom[${index}]`
  const faults = sources(path, entry.sourceRef, spec)
  if (entry.find) {
    faults.push(later(`${path}.find`, 'find is not supported by this version', 'name the items with data or extract'))
  }
  if (entry.rewrite?.length) {
    faults.push(
      later(`${path}.rewrite`, 'rewrite is not supported by this version', 'name the keys with data and secretKey'),
    )
  }
  return faults
}

const braces = (path: string): Fault =>
  later(path, 'templates are not supported by this version', 'write plain text without {{')

const templated = (path: string, texts: Readonly<Record<string, string>> | undefined): Fault[] =>
  Object.entries(texts ?? {})
    .filter(([key, text]) => `${key}${text}`.includes('{{'))
    .map(([key]) => braces(member(path, key)))

const template = (spec: Template): Fault[] => {
  const path = 'spec.target.template'
  const plain = 'take the keys as they are with data or extract, or keep this object with ESO'
  // not pushed as arguments: as many labels as a request holds would overflow the stack
  const faults = [
    ...templated(`${path}.metadata.labels`, spec.metadata?.labels),
    ...templated(`${path}.metadata.annotations`, spec.metadata?.annotations),
  ]
  if (spec.type?.includes('{{')) faults.unshift(braces(`${path}.type`))
  spec.metadata?.finalizers?.forEach((text, index) => {
    if (text.includes('{{')) faults.push(braces(`${path}.metadata.finalizers[${index}]`))
  })
  if (Object.keys(spec.data ?? {}).length > 0) {
    faults.push(later(`${path}.data`, 'templates are not supported by this version', plain))
  }
  if (spec.templateFrom?.length) {
    faults.push(later(`${path}.templateFrom`, 'templates are not supported by this version', plain))
  }
  return faults
}

const target = ({ target: spec }: ExternalSecretSpec): Fault[] => {
  const faults: Fault[] = []
  const say = (field: string, what: string, remedy: string) => faults.push(later(`spec.target.${field}`, what, remedy))
  if (spec.creationPolicy !== 'Owner') {
    say(
      'creationPolicy',
      `${spec.creationPolicy} is not supported by this version`,
      'write Owner, or keep this object with ESO',
    )
  }
  if (spec.deletionPolicy !== 'Retain') {
    say(
      'deletionPolicy',
      `${spec.deletionPolicy} is not supported by this version`,
      'write Retain, or keep this object with ESO',
    )
  }
  if (spec.immutable) say('immutable', 'immutable Secrets are not supported by this version', 'leave it out')
  if (spec.manifest) say('manifest', 'other targets than Secrets are not supported by this version', keepWithEso)
  return spec.template ? [...faults, ...template(spec.template)] : faults
}

const properties = (spec: ExternalSecretSpec): Fault[] =>
  [...extractSites(spec), ...dataSites(spec)].flatMap(({ path, ref }) =>
    ref.property && isPattern(toByteText(ref.property))
      ? [patternFault(show(ref.property)).at(`${path}.property`)]
      : [],
  )

/**
 * Everything in a spec that this version does not do, with its field path and what to write instead. Admission refuses by this
 * list and the reconciler stops at it, so that nothing in a manifest is passed over in silence.
 */
export const unsupported = (spec: ExternalSecretSpec): Fault[] => [
  ...(spec.syncWindows
    ? [later('spec.syncWindows', 'sync windows are not supported by this version', 'leave them out')]
    : []),
  ...target(spec),
  ...(spec.data ?? []).flatMap((entry, index) => sources(`spec.data[${index}]`, entry.sourceRef, spec)),
  ...(spec.dataFrom ?? []).flatMap((entry, index) => dataFrom(entry, index, spec)),
  ...properties(spec),
]
