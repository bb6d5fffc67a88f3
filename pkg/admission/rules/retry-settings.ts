import type { Rule } from '../findings.ts'
import { akeyless, type Store } from './store.ts'

export const retrySettings: Rule<Store> = {
  id: 'retry-settings',
  doc: 'retrySettings have no effect with Akeyless, in ESO neither: a warning.',
  check: store => {
    if (!akeyless(store) || !store.spec.retrySettings) return []
    const message = 'has no effect: Latchkey chooses its own retries'
    return [{ path: 'spec.retrySettings', message, remedy: 'leave it out', level: 'warn' }]
  },
}
