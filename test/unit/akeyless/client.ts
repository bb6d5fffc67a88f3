import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Akeyless, type AkeylessOptions, type Call, createAkeyless } from '#akeyless'
import type { Identity, ItemRef, ItemValue } from '#api'
import { Fault, Sensitive } from '#core'
import type { ItemSource } from '../../../pkg/reconcile/ports.ts'
import { accessKey, identities } from '../../support/gateway.ts'

interface Scope {
  teardown(end: () => unknown): unknown
}

/** A client of its own, closed when the test ends; `calls` is what it told of each exchange. */
export const startClient = (t: Scope, options: Partial<AkeylessOptions> = {}) => {
  const calls: Call[] = []
  // the port that the reconciler declares: `satisfies` breaks the build where the two drift apart
  const client = createAkeyless({
    now: Date.now,
    random: () => 0.5,
    onCall: call => {
      calls.push(call)
    },
    ...options,
  }) satisfies ItemSource
  t.teardown(() => client.close())
  return Object.assign(client, { calls })
}

export const identity = (gateway: string, accessId: string = identities.admin, key: string = accessKey): Identity => ({
  gateway,
  ignoreCache: false,
  login: { type: 'api_key', accessId, accessKey: Sensitive.text(key) },
})

export const refs = (...paths: string[]): ItemRef[] => paths.map(path => ({ path, version: 0 }))

export const soon = (): AbortSignal => AbortSignal.timeout(20_000)

/** Reads refs without the help of the cache; the outcomes in the order of the refs. */
export const read = async (
  client: Akeyless,
  who: Identity,
  wanted: readonly ItemRef[],
  options: { maxAgeMs?: number; scope?: string } = {},
): Promise<(ItemValue | Fault)[]> => [
  ...(await client.read(who, wanted, { maxAgeMs: 0, scope: 'object-1', ...options }, soon())).values(),
]

/** The text of an outcome, or the code of its fault. */
export const textOf = (outcome: ItemValue | Fault | undefined): string => {
  if (!outcome) return 'nothing'
  return outcome instanceof Fault ? outcome.code : outcome.text.reveal().toString()
}

export const faultIn = async (work: Promise<unknown>): Promise<Fault> => {
  try {
    await work
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

/** A server that is no Akeyless, for answers that the development gateway never gives. */
export const startServer = async (
  t: Scope,
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<{ url: string; paths: string[] }> => {
  const paths: string[] = []
  const server = createServer((request, response) => {
    paths.push(request.url ?? '')
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => answer(request, response, body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths }
}

/** Answers JSON. */
export const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
