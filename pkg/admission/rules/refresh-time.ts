import type { ClusterExternalSecret, ClusterPushSecret, PushSecret } from '#api'
import { parseDuration, show } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { durationDrafts } from './refresh-interval.ts'

/** What is wrong with how often something is compared, where 0 means only after changes. */
const drafts = (path: string, text: string): Draft[] => {
  if ((parseDuration(text) ?? 0) >= 0) return durationDrafts(path, text)
  const message = `${show(text)} is negative and means only after changes`
  return [{ path, message, remedy: 'write 0 if that is meant', level: 'warn' }]
}

export const pushInterval: Rule<PushSecret> = {
  id: 'push-interval',
  doc: 'refreshInterval of a PushSecret is a duration; a negative one means only after changes, like 0, and is warned about.',
  warns: true,
  check: ({ spec }) => drafts('spec.refreshInterval', spec.refreshInterval),
}

export const refreshTime: Rule<ClusterExternalSecret | ClusterPushSecret> = {
  id: 'refresh-time',
  doc: 'refreshTime is a duration; a negative one means only after changes, like 0, and is warned about.',
  warns: true,
  check: ({ spec }) => (spec.refreshTime === undefined ? [] : drafts('spec.refreshTime', spec.refreshTime)),
}
