// Every attack at once, from a thread of its own, until a message comes; then what came of each is told.
import { parentPort, workerData } from 'node:worker_threads'
import { attacks, type Counts } from './attacks.ts'

const { port }: { port: number } = workerData
const over = new AbortController()
parentPort?.once('message', () => over.abort())

const outcomes: Record<string, Counts> = {}
await Promise.all(
  Object.entries(attacks).map(([name, attack]) => {
    const counts: Counts = {}
    outcomes[name] = counts
    return attack(port, over.signal, outcome => {
      counts[outcome] = (counts[outcome] ?? 0) + 1
    })
  }),
)
parentPort?.postMessage(outcomes)
