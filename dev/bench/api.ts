import { createInterface } from 'node:readline'
import { Agent, request } from 'undici'
import type { Endpoint } from '../controlplane/index.ts'

// an API server shows the path of a webhook that did not answer, and in it the token (docs/adr/0009-live-checks.md)
const withoutToken = (text: string): string => text.replaceAll(/\/validate\/[\w-]+/g, '/validate/…')

/** A Kubernetes object as far as the bench reads it. */
export interface Live {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string }
  readonly status?: {
    readonly provisionedNamespaces?: readonly string[]
    readonly refreshTime?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
  }
  readonly data?: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** Plain HTTP to the API server, so that nothing of Latchkey's own client is in a figure that it is compared with. */
export interface Api {
  send(method: string, path: string, body?: object, contentType?: string): Promise<Answer>
  /** As `send`, and fails unless it went well. */
  must(method: string, path: string, body?: object, contentType?: string): Promise<Live>
  /** Every object of a collection as it changes from now on. Resolves when the watch stands. */
  watch(path: string, onObject: (object: Live) => void): Promise<() => void>
  close(): Promise<void>
}

export const connect = ({ server, ca, token }: Endpoint): Api => {
  const dispatcher = new Agent({ connections: 64, connect: { ca }, headersTimeout: 0, bodyTimeout: 0 })
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }

  const send: Api['send'] = async (method, path, body, contentType = 'application/json') => {
    const response = await request(`${server}${path}`, {
      dispatcher,
      method,
      headers: body ? { ...headers, 'content-type': contentType } : headers,
      body: body ? JSON.stringify(body) : null,
    })
    return { status: response.statusCode, text: await response.body.text() }
  }
  const must: Api['must'] = async (method, path, body, contentType) => {
    const { status, text } = await send(method, path, body, contentType)
    if (status >= 300) throw new Error(`${method} ${path}: HTTP ${status}: ${withoutToken(text).slice(0, 500)}`)
    return JSON.parse(text)
  }
  return {
    send,
    must,
    async watch(path, onObject) {
      const { resourceVersion } = (await must('GET', `${path}?limit=1`)).metadata
      const query = `watch=1&resourceVersion=${resourceVersion}`
      const ending = new AbortController()
      const { body } = await request(`${server}${path}?${query}`, { dispatcher, headers, signal: ending.signal })
      const lines = createInterface({ input: body }).on('line', line => onObject(JSON.parse(line).object))
      // both tell of the end that `abort` makes; a watch that is cut shows as an object that never gets Ready
      for (const end of [body, lines]) end.on('error', () => {})
      return () => ending.abort()
    },
    close: () => dispatcher.destroy(),
  }
}

const patch = 'application/merge-patch+json'

/** What a writer that already knows everything does for one ExternalSecret: its Secret and its status. */
export const writeBare = async (api: Api, namespace: string, owner: Live, data: Record<string, string>) => {
  const { name, uid } = owner.metadata
  const reference = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name, uid, controller: true }
  await api.must('POST', `/api/v1/namespaces/${namespace}/secrets`, {
    metadata: {
      name,
      ownerReferences: [reference],
      labels: { 'reconcile.external-secrets.io/managed': 'true' },
      annotations: { 'reconcile.external-secrets.io/data-hash': '0'.repeat(56) },
    },
    data,
  })
  const status = {
    binding: { name },
    refreshTime: new Date().toISOString(),
    syncedResourceVersion: '1-0'.padEnd(58, '0'),
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'SecretSynced',
        message: 'secret synced',
        lastTransitionTime: new Date().toISOString(),
      },
    ],
  }
  const path = `/apis/external-secrets.io/v1/namespaces/${namespace}/externalsecrets/${name}/status`
  await api.must('PATCH', path, { status }, patch)
}
