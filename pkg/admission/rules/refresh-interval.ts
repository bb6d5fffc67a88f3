import type { ExternalSecret } from '#api'
import { parseDuration, show, suggestDuration } from '#core'
import type { Draft, Rule } from '../findings.ts'

/** What is wrong with a duration; shared with the rules of stores. */
export const durationDrafts = (path: string, text: string): Draft[] => {
  if (parseDuration(text) !== undefined) return []
  const meant = suggestDuration(text)
  return [{ path, message: `${show(text)} is not a duration`, remedy: `write ${meant ?? 'it as 90s, 5m or 1h30m'}` }]
}

/** What makes that nothing is refreshed by time; undefined where something is. */
export const idleBecause = ({ refreshPolicy, refreshInterval: text }: ExternalSecret['spec']): string | undefined => {
  if (refreshPolicy === 'CreatedOnce' || refreshPolicy === 'OnChange') return `refreshPolicy ${refreshPolicy}`
  return (parseDuration(text) ?? 1) <= 0 ? `refreshInterval ${show(text)}` : undefined
}

// security.md T30
const shortestMs = 10e3

export const refreshInterval: Rule<ExternalSecret> = {
  id: 'refresh-interval',
  doc: 'refreshInterval is a duration in Go’s syntax; one below 10 s, or a negative one, which means never again, is warned about.',
  warns: true,
  check: ({ spec }) => {
    const path = 'spec.refreshInterval'
    const ms = parseDuration(spec.refreshInterval)
    if (ms === undefined) return durationDrafts(path, spec.refreshInterval)
    if (ms < 0) {
      const message = `${show(spec.refreshInterval)} is negative and means never again`
      return [{ path, message, remedy: 'write 0 if that is meant', level: 'warn' }]
    }
    if (ms >= shortestMs || idleBecause(spec) !== undefined) return []
    const message = `${show(spec.refreshInterval)} is below 10 s, and Akeyless limits how often an identity may ask`
    return [{ path, message, remedy: 'write 10s or more', level: 'warn' }]
  },
}
