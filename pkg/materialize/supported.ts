import type { ExternalSecretSpec, PushSecretSpec, SourceRef } from '#api'
import { Fault } from '#core'

const keepWithEso = 'leave it out, or keep this object with ESO'

const generator = (path: string, source: Pick<SourceRef, 'generatorRef'> | undefined): Fault[] =>
  source?.generatorRef
    ? [new Fault('NotSupported', 'Latchkey runs no generators', { path: `${path}.generatorRef`, remedy: keepWithEso })]
    : []

/**
 * Everything in a spec that Latchkey does not do, which is to run generators, with its field path (decision 2). Admission refuses
 * by this list and the reconciler stops at it, so that nothing in a manifest is passed over in silence.
 */
export const unsupported = (spec: ExternalSecretSpec): Fault[] => [
  ...(spec.data ?? []).flatMap((entry, index) => generator(`spec.data[${index}].sourceRef`, entry.sourceRef)),
  ...(spec.dataFrom ?? []).flatMap((entry, index) => generator(`spec.dataFrom[${index}].sourceRef`, entry.sourceRef)),
]

/** The same of what is pushed. */
export const unsupportedPush = (spec: PushSecretSpec): Fault[] => generator('spec.selector', spec.selector)
