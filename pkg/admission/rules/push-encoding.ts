import type { PushSecret } from '#api'
import { Fault, nearest } from '#core'
import { encodingOf } from '#materialize'
import { type Draft, fromFault, type Rule } from '../findings.ts'

const base64 = 'write metadata: {encoding: base64}, or leave it out'

/** Other providers have fields of their own here: only what looks as if it was meant for us is told. */
const strange = (metadata: unknown, path: string): Draft[] => {
  if (metadata === undefined || metadata === null) return []
  const level = 'warn'
  if (typeof metadata !== 'object') return [{ path, message: 'is no object, and means nothing', remedy: base64, level }]
  return Object.keys(metadata).flatMap((key): Draft[] =>
    key !== 'encoding' && nearest(key, ['encoding']) !== undefined
      ? [{ path: `${path}.${key}`, message: 'means nothing here', remedy: base64, level }]
      : [],
  )
}

export const pushEncoding: Rule<PushSecret> = {
  id: 'push-encoding',
  doc: 'metadata.encoding of an entry is base64 or none; what else metadata says is for other providers, and a near miss is a warning.',
  warns: true,
  check: ({ spec }) =>
    (['data', 'dataTo'] as const).flatMap(field =>
      (spec[field] ?? []).flatMap(({ metadata }, index): Draft[] => {
        const path = `spec.${field}[${index}]`
        const encoding = encodingOf(metadata, path)
        return encoding instanceof Fault ? [fromFault(encoding)] : strange(metadata, `${path}.metadata`)
      }),
    ),
}
