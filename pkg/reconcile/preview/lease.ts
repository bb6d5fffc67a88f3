import { dynamicRefresh, type Finding, stamp } from '#admission'
import type { ExternalSecret, Leasable } from '#api'
import { show, showMs } from '#core'
import { intervalOf, repeats } from '../decide.ts'

const minute = 60e3

/** As a person would write it, whole minutes where there are any. */
const written = (ms: number): string =>
  ms < minute ? `${Math.max(1, Math.floor(ms / 1e3))}s` : `${Math.floor(ms / minute)}m`

const neverAgain = ({ spec }: ExternalSecret): { path: string; what: string } => {
  const { refreshPolicy = 'Periodic', refreshInterval } = spec
  return refreshPolicy === 'Periodic'
    ? { path: 'spec.refreshInterval', what: refreshInterval }
    : { path: 'spec.refreshPolicy', what: refreshPolicy }
}

const finding = (path: string, message: string, remedy: string): Finding =>
  stamp(dynamicRefresh.id, { path, message, remedy, level: 'warn' })

const ofOne = (externalSecret: ExternalSecret, item: string, { leaseMs }: Leasable): readonly Finding[] => {
  const due = leaseMs === undefined ? undefined : (leaseMs * 2) / 3
  const lives = leaseMs === undefined ? '' : `, which lives for ${showMs(leaseMs)}`
  if (!repeats(externalSecret)) {
    const { path, what } = neverAgain(externalSecret)
    const remedy = `write refreshPolicy: Periodic and refreshInterval: ${due === undefined ? 'less than it lives' : written(due)}`
    return [finding(path, `${what} never renews the lease of dynamic item ${show(item)}${lives}`, remedy)]
  }
  if (leaseMs === undefined || due === undefined || intervalOf(externalSecret) <= leaseMs) return []
  const { refreshInterval } = externalSecret.spec
  const message = `${refreshInterval} is longer than the lease of dynamic item ${show(item)} lives, ${showMs(leaseMs)}: it is renewed after ${showMs(due)}`
  return [finding('spec.refreshInterval', message, `write ${written(due)}, which is what happens`)]
}

/** What is said of the dynamic items of an ExternalSecret, by path: whether what they lease is renewed before it ends (decision 18). */
export const leaseFindings = (
  externalSecret: ExternalSecret,
  leased: ReadonlyMap<string, Leasable>,
): readonly Finding[] => [...leased].flatMap(([item, leasable]) => ofOne(externalSecret, item, leasable))
