import { show } from '#core'
import type { Rule } from '../findings.ts'
import { classOf } from '../foreign.ts'
import type { Store } from './store.ts'

export const provider: Rule<Store> = {
  id: 'provider',
  doc: 'A store has exactly one provider; one that is not akeyless is kept for the operator that serves it, with a warning.',
  warns: true,
  check: ({ spec }, { controllerClass }) => {
    const path = 'spec.provider'
    const names = Object.keys(spec.provider)
    if (names.length === 0) return [{ path, message: 'names no provider', remedy: 'give it akeyless' }]
    if (names.length > 1) {
      return [{ path, message: `has ${names.length} providers: ${names.map(show).join(', ')}`, remedy: 'keep one' }]
    }
    if (names[0] === 'akeyless') return []
    const alone = controllerClass !== undefined && classOf(spec) !== controllerClass
    const what = `${show(names[0] ?? '')} is not a provider of Latchkey`
    return [
      alone
        ? {
            path,
            message: `${what}, which leaves this store alone`,
            remedy: 'run the operator that serves it',
            level: 'warn',
          }
        : {
            path,
            message: `${what}, which marks this store InvalidProviderConfig`,
            remedy: 'name the class of the operator that serves it in spec.controller',
            level: 'warn',
          },
    ]
  },
}
