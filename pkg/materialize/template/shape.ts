import type { ExternalSecretSpec, ObjectMeta, Template } from '#api'
import { Fault, type Sensitive, show } from '#core'
import type { Values } from '../engine.ts'
import { keyProblem } from '../keys.ts'
import { incomplete, mostFaults, tooLarge } from './limits.ts'
import { annotationsTooLarge, metadataText, type Place } from './metadata.ts'
import { type Part, placeOf } from './parts.ts'
import { entryPath } from './sources.ts'

/** The Secret besides its data. `type` is undefined where the existing one, or Opaque, stays. */
export interface SecretShape {
  readonly type?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly finalizers: readonly string[]
}

type Metadata = Pick<ObjectMeta, 'labels' | 'annotations'>

const template = (spec: ExternalSecretSpec): Partial<Template> => spec.target.template ?? {}

/**
 * Type, labels, annotations and finalizers of the Secret as the manifest has them (compatibility.md §2.4): without a template all
 * labels and annotations of the ExternalSecret, with one only the template's own, not rendered.
 */
export const secretShape = (spec: ExternalSecretSpec, metadata: Metadata): SecretShape => {
  const source = spec.target.template === undefined ? metadata : (template(spec).metadata ?? {})
  const { type } = template(spec)
  return {
    ...(type ? { type } : {}),
    labels: source.labels ?? {},
    annotations: source.annotations ?? {},
    finalizers: template(spec).metadata?.finalizers ?? [],
  }
}

const given = (map: Readonly<Record<string, string>> | undefined): boolean => Object.keys(map ?? {}).length > 0

/** Whether templates make the keys of the Secret, and not the fetched ones (compatibility.md §3, precedence). */
export const replacesFetched = ({ mergePolicy, data, templateFrom }: Partial<Template>): boolean =>
  mergePolicy !== 'Merge' && (given(data) || (templateFrom?.length ?? 0) > 0)

/** Targets that no Secret has (compatibility.md §3, target). Admission says it too, where there is one. */
const strayTargets = ({ templateFrom }: Partial<Template>): Fault[] =>
  (templateFrom ?? []).flatMap(({ target }, index) =>
    placeOf(target) === undefined
      ? [
          new Fault('SpecInvalid', `${show(target)} is no part of a Secret`, {
            path: `${entryPath(index)}.target`,
            remedy: 'write Data, Labels or Annotations',
          }),
        ]
      : [],
  )

/** How a key is told: one that a template printed may be made of a value, so it is told by its number. */
const naming = ({ scope }: Part, key: string, number: number): string =>
  scope === 'Values' ? show(key) : `a key that the template makes (no. ${number} by name)`

interface Folded {
  readonly data: Map<string, Sensitive>
  readonly labels: Map<string, string>
  readonly annotations: Map<string, string>
  /** Keys of the data that a template printed, with their numbers in it. */
  readonly printed: Map<string, { readonly part: Part; readonly number: number }>
  readonly faults: Fault[]
}

const putData = ({ data, printed, faults }: Folded, part: Part, key: string, number: number): void => {
  const problem = keyProblem(key)
  if (problem) {
    const what = `${naming(part, key, number)} ${problem.what}`
    faults.push(new Fault('KeyInvalid', what, { path: part.path, remedy: problem.remedy }))
    return
  }
  const value = part.pairs.get(key)
  if (value) data.set(key, value)
  if (part.scope === 'Values') printed.delete(key)
  else printed.set(key, { part, number })
}

const putText = (folded: Folded, place: Place, part: Part, key: string, number: number): void => {
  const value = part.pairs.get(key)
  if (!value) return
  const text = metadataText(place, { key, value }, { path: part.path, named: naming(part, key, number) })
  if (text instanceof Fault) folded.faults.push(text)
  else folded[place].set(key, text)
}

const putPart = (folded: Folded, part: Part): void => {
  const place = placeOf(part.target)
  let number = 0
  for (const key of part.pairs.keys()) {
    // a template prints keys by the hundred thousand, and each fault has a stack
    if (folded.faults.length >= mostFaults) return
    number += 1
    if (place === 'data') putData(folded, part, key, number)
    else if (place !== undefined) putText(folded, place, part, key, number)
  }
}

const fold = (spec: ExternalSecretSpec, fetched: Values, parts: readonly Part[]): Folded => {
  const folded: Folded = {
    data: new Map(),
    labels: new Map(),
    annotations: new Map(),
    printed: new Map(),
    faults: strayTargets(template(spec)),
  }
  if (!replacesFetched(template(spec))) {
    // its keys are checked like those of data: nothing may rest on who was asked before
    putPart(folded, { target: 'Data', scope: 'Values', path: 'spec', pairs: fetched })
  }
  for (const part of parts) putPart(folded, part)
  return folded
}

/** Where the Secret may hold more than we write, the API server alone sees whether it is complete. */
const isOurs = ({ target: { creationPolicy } }: ExternalSecretSpec): boolean =>
  creationPolicy === 'Owner' || creationPolicy === 'Orphan'

const dataTooLarge = ({ data, printed }: Folded): Fault[] =>
  tooLarge(data, key => {
    const by = printed.get(key)
    return by ? `${naming(by.part, key, by.number)} at ${by.part.path}` : show(key)
  })

const judge = (spec: ExternalSecretSpec, folded: Folded): readonly Fault[] => [
  ...folded.faults,
  ...dataTooLarge(folded),
  // with faults, a key may be missing only because it is wrong
  ...(folded.faults.length === 0 && isOurs(spec)
    ? incomplete(template(spec).type, folded.data, replacesFetched(template(spec)))
    : []),
  ...annotationsTooLarge(folded.annotations, 'spec.target.template'),
]

export type ShapedSecret = (SecretShape & { readonly data: Values }) | { readonly faults: readonly Fault[] }

/**
 * What the Secret shall hold: parts laid over each other, and over the fetched values where these are in it (compatibility.md §3,
 * precedence; §2.4). Otherwise everything in it that Kubernetes would refuse, up to a hundred faults.
 */
export const shapeSecret = (
  spec: ExternalSecretSpec,
  metadata: Metadata,
  fetched: Values,
  parts: readonly Part[],
): ShapedSecret => {
  const folded = fold(spec, fetched, parts)
  const faults = judge(spec, folded)
  if (faults.length > 0) return { faults: faults.slice(0, mostFaults) }
  const shape = secretShape(spec, metadata)
  if (spec.target.template === undefined) return { ...shape, data: folded.data }
  return {
    ...shape,
    data: folded.data,
    labels: Object.fromEntries(folded.labels),
    annotations: Object.fromEntries(folded.annotations),
  }
}
