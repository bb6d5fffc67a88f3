import { setTimeout as pause } from 'node:timers/promises'
import type { Api, Live } from './api.ts'
import { collection } from './manifests.ts'

const patienceMs = 60_000

/** Follows the ExternalSecrets of one namespace, or another collection of it, by a raw watch. */
export interface Readiness {
  /** When it was first seen Ready, on the clock of performance.now(). Fails after a minute. */
  of(name: string): Promise<number>
  /** How often it was seen to change since it was created. */
  changes(name: string): number
  stop(): void
}

const isReady = ({ status }: Live): boolean =>
  status?.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True') ?? false

export const followReadiness = async (
  api: Api,
  namespace: string,
  path: string = collection(namespace, 'externalsecrets'),
): Promise<Readiness> => {
  const at = new Map<string, number>()
  const versions = new Map<string, Set<string>>()
  const waiting = new Map<string, (at: number) => void>()
  const last = new Map<string, Live>()
  const stop = await api.watch(path, object => {
    const { name, resourceVersion } = object.metadata
    last.set(name, object)
    const seen = versions.get(name) ?? new Set()
    versions.set(name, seen.add(resourceVersion))
    if (!isReady(object) || at.has(name)) return
    const now = performance.now()
    at.set(name, now)
    waiting.get(name)?.(now)
  })
  const expire = async (name: string, signal: AbortSignal): Promise<never> => {
    await pause(patienceMs, undefined, { signal })
    const conditions = JSON.stringify(last.get(name)?.status?.conditions)
    throw new Error(`${namespace}/${name} was not Ready within ${patienceMs / 1000} s: ${conditions}`)
  }
  return {
    async of(name) {
      const known = at.get(name)
      if (known !== undefined) return known
      const over = new AbortController()
      const expired = expire(name, over.signal)
      expired.catch(() => {})
      const ready = new Promise<number>(done => waiting.set(name, done))
      return Promise.race([ready, expired]).finally(() => over.abort())
    },
    changes: name => Math.max(0, (versions.get(name)?.size ?? 0) - 1),
    stop,
  }
}
