import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Counts } from './attacks.ts'

/** What came of each attack. */
export type Outcomes = Readonly<Record<string, Counts>>

/** Attacks the webhook at a port of this machine until `stop`. */
export const attack = (port: number): { stop(): Promise<Outcomes> } => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { port } })
  const told = once(worker, 'message')
  return {
    stop: async () => {
      worker.postMessage('stop')
      const [outcomes]: Outcomes[] = await told
      await worker.terminate()
      return outcomes ?? {}
    },
  }
}
