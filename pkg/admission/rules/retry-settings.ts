import { parseDuration } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { durationDrafts } from './refresh-interval.ts'
import { akeyless, type Store } from './store.ts'

const path = 'spec.retrySettings'
const most = 10

const warning = (field: string, message: string, remedy: string): Draft => ({
  path: `${path}.${field}`,
  message,
  remedy,
  level: 'warn',
})

const maxDrafts = (max: number): Draft[] => {
  if (max < 0) return [warning('maxRetries', 'is negative and counts as not given', 'write 0 for no retries')]
  return max > most ? [warning('maxRetries', `counts as ${most}`, `write ${most} or less`)] : []
}

const intervalDrafts = (text: string, max: number | undefined): Draft[] => {
  if (max === undefined) return [warning('retryInterval', 'has no effect without maxRetries', 'add maxRetries')]
  const ms = parseDuration(text)
  if (ms === undefined) return durationDrafts(`${path}.retryInterval`, text).map(draft => ({ ...draft, level: 'warn' }))
  return ms < 0 ? [warning('retryInterval', 'is negative and counts as 100 ms', 'write a duration as 1s')] : []
}

export const retrySettings: Rule<Store> = {
  id: 'retry-settings',
  doc: 'retrySettings have a maxRetries from 0 to 10 and a retryInterval that is a duration; warnings, since ESO passes over them.',
  warns: true,
  check: store => {
    const { maxRetries, retryInterval } = store.spec.retrySettings ?? {}
    if (!akeyless(store)) return []
    return [
      ...(maxRetries === undefined ? [] : maxDrafts(maxRetries)),
      ...(retryInterval === undefined ? [] : intervalDrafts(retryInterval, maxRetries)),
    ]
  },
}
