import type { Condition } from '#api'
import { stamp } from './timestamp.ts'

export interface Ready {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

export const readyOf = <C extends Condition>(conditions: readonly C[] | undefined): C | undefined =>
  conditions?.find(({ type }) => type === 'Ready')

/** The conditions with this Ready, or undefined where it is there already; the time moves only when the status flips. */
export const withReady = (
  conditions: readonly Condition[] | undefined,
  ready: Ready,
  now: Date,
): readonly Condition[] | undefined => {
  const before = readyOf(conditions)
  const flipped = before?.status !== ready.status
  if (!flipped && before?.reason === ready.reason && before.message === ready.message) return undefined
  const lastTransitionTime = (!flipped && before?.lastTransitionTime) || stamp(now)
  return [...(conditions ?? []).filter(({ type }) => type !== 'Ready'), { type: 'Ready', ...ready, lastTransitionTime }]
}
