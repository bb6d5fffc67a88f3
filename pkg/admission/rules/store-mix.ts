import type { ExternalSecret } from '#api'
import { show } from '#core'
import { storesOf } from '#materialize'
import type { Rule } from '../findings.ts'

export const storeMix: Rule<ExternalSecret> = {
  id: 'store-mix',
  doc: 'All stores of an object are served by Latchkey or none; it leaves an object alone that has some of both, and that is a warning.',
  warns: true,
  check: ({ spec, metadata: { namespace } }, { stores }) => {
    const named = storesOf(spec)
    if (named.length < 2) return []
    const known = named.flatMap(({ kind, name, path }) => {
      const store = stores?.({ kind, namespace: kind === 'SecretStore' ? namespace : undefined, name })
      return store ? [{ path: `${path}.name`, named: `${kind} ${show(name)}`, ours: store.ours }] : []
    })
    const ours = known.find(store => store.ours)
    const other = known.find(store => !store.ours)
    if (!ours || !other) return []
    const message = `${other.named} is not served by Latchkey, ${ours.named} is: Latchkey serves no object with both`
    return [{ path: other.path, message, remedy: 'make an object of its own for each of them', level: 'warn' }]
  },
}
