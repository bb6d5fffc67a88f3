// A preview over the world of the reconciler's tests: what one object is told, in lines.
import { setImmediate } from 'node:timers/promises'
import { type Finding, warningTexts } from '#admission'
import type { ItemValue, Leasable } from '#api'
import { Fault, sentence } from '#core'
import { refKey } from '../../../pkg/api/item.ts'
import type { PreviewDeps } from '../../../pkg/reconcile/preview/ports.ts'
import { createPreview } from '../../../pkg/reconcile/preview/preview.ts'
import type { World } from './ports.ts'

/** The ports of a preview; a dynamic item of the world is one that may be leased. */
export const previewDeps = (state: World, more: Partial<PreviewDeps> = {}): PreviewDeps => ({
  ...state.deps,
  source: {
    login: state.deps.source.login,
    list: state.deps.source.list,
    inspect: async (identity, refs, options, signal) => {
      const read = await state.deps.source.read(identity, refs, options, signal)
      const leasable = (item: ItemValue): Leasable => ({
        type: 'DYNAMIC_SECRET',
        ...(item.ttlMs && { leaseMs: item.ttlMs }),
      })
      return new Map(
        refs.flatMap(ref => {
          const item = read.get(refKey(ref))
          if (!item) return []
          const shown = item instanceof Fault || item.type !== 'DYNAMIC_SECRET' ? item : leasable(item)
          return [[refKey(ref), shown] as const]
        }),
      )
    },
  },
  secretCard: async (where, name) => state.live.get(`${where}/${name}`),
  modes: { stores: 'deny', items: 'deny' },
  turns: { now: () => 0, pause: () => setImmediate() },
  ...more,
})

export const linesOf = (findings: readonly Finding[]): readonly string[] => [
  ...findings.filter(({ level }) => level === 'deny').map(sentence),
  ...warningTexts(findings.filter(({ level }) => level === 'warn')),
]

/** Everything that is said of an object. */
export const previewed = async (
  object: unknown,
  deps: PreviewDeps,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly string[]> => linesOf((await createPreview(deps).check(signal)(object)) ?? [])
