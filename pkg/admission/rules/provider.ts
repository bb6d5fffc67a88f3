import { show } from '#materialize'
import type { Rule } from '../findings.ts'
import type { Store } from './store.ts'

export const provider: Rule<Store> = {
  id: 'provider',
  doc: 'A store has exactly one provider; one that is not akeyless is kept for the operator that serves it, with a warning.',
  check: ({ spec }) => {
    const path = 'spec.provider'
    const names = Object.keys(spec.provider)
    if (names.length === 0) return [{ path, message: 'names no provider', remedy: 'give it akeyless' }]
    if (names.length > 1) {
      return [{ path, message: `has ${names.length} providers: ${names.map(show).join(', ')}`, remedy: 'keep one' }]
    }
    if (names[0] === 'akeyless') return []
    const message = `${show(names[0] ?? '')} is not a provider of Latchkey, which leaves this store alone`
    return [{ path, message, remedy: 'run the operator that serves it', level: 'warn' }]
  },
}
