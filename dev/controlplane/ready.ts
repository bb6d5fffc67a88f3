import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Endpoint } from './endpoint.ts'
import type { Member } from './family.ts'
import { SetupError } from './setup-error.ts'

/** The end of a log, for a message. */
const lastWords = (member: Member): string => {
  const lines = readFileSync(member.log, 'utf8').trim().split('\n')
  return lines
    .slice(-8)
    .map(line => `  ${line.slice(0, 400)}`)
    .join('\n')
}

const died = (member: Member, how: string): SetupError =>
  new SetupError(`${member.name} did not stay up: ${how} → its last words (${member.log}):\n${lastWords(member)}`)

/** Rejects as soon as one of them ends. */
export const firstDeath = (members: readonly Member[]): Promise<never> =>
  Promise.race(members.map(member => member.ended.then(how => Promise.reject(died(member, how)))))

const isReady = async (endpoint: Endpoint, dispatcher: Agent, signal: AbortSignal): Promise<boolean> => {
  try {
    const { statusCode, body } = await request(`${endpoint.server}/readyz`, {
      dispatcher,
      headers: { authorization: `Bearer ${endpoint.token}` },
      signal,
    })
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

/** Waits until the API server says that it is ready; throws when one of the processes ends, or after 60 s. */
export const untilReady = async (
  endpoint: Endpoint,
  members: readonly Member[],
  options: { readonly readyTimeoutMs?: number; readonly signal?: AbortSignal },
): Promise<void> => {
  const timeoutMs = options.readyTimeoutMs ?? 60_000
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, ...(options.signal ? [options.signal] : [])])
  const dispatcher = new Agent({ connect: { ca: endpoint.ca } })
  const deadline = performance.now() + timeoutMs
  const poll = async () => {
    while (!(await isReady(endpoint, dispatcher, signal))) {
      signal.throwIfAborted()
      if (performance.now() > deadline) {
        const logs = members.map(member => `${member.log}:\n${lastWords(member)}`).join('\n')
        throw new SetupError(`the API server was not ready within ${timeoutMs / 1000} s → last words of ${logs}`)
      }
      await sleep(100, undefined, { signal })
    }
  }
  try {
    await Promise.race([poll(), firstDeath(members)])
  } finally {
    over.abort()
    await dispatcher.destroy()
  }
}
