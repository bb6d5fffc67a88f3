import type { Server } from 'node:https'
import { Agent, request } from 'undici'
import { issueCa, issueLeaf, type Pair, randomSources } from '#certs'
import { createLog, createMetrics } from '#observe'
import { type App, type AppDeps, createApp } from '../../../server/app.ts'
import { createTls } from '../../../server/tls.ts'

const names = { dns: ['localhost'], ip: ['127.0.0.1'] }
const sources = randomSources()

export const newCa = (): Promise<Pair> => issueCa({ sources, now: new Date() })
export const newLeaf = (ca: Pair): Promise<Pair> => issueLeaf({ ca, sources, now: new Date(), names })

/** A review as the API server sends it, with room for anything in the object. */
export const review = (object: unknown = {}, more: object = {}) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'uid-1',
    kind: { group: 'external-secrets.io', version: 'v1', kind: 'SecretStore' },
    operation: 'CREATE',
    object,
    ...more,
  },
})

/** Stands in for admission: allows, and keeps what it was asked. */
export const recorder = () => {
  const seen: unknown[] = []
  const admit = (body: unknown) => {
    seen.push(body)
    return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: 'uid-1', allowed: true } }
  }
  return { seen, admit }
}

/** The app with its log and metrics in reach. */
export const build = (deps: Partial<AppDeps> = {}) => {
  const lines: string[] = []
  const metrics = createMetrics({ runtime: false })
  const tls = createTls()
  const { admit } = recorder()
  const log = createLog({ level: 'debug', to: { write: line => void lines.push(line) } })
  const app = createApp({ admit, mutate: admit, tls, metrics, log, clock: () => performance.now(), ...deps })
  return { app, tls, metrics, lines }
}

/** The app on a real TLS socket, and a client that trusts it. */
export const listen = async (t: { teardown(end: () => unknown): unknown }, deps: Partial<AppDeps> = {}) => {
  const built = build(deps)
  const ca = await newCa()
  built.tls.serve(await newLeaf(ca))
  const { port } = await built.app.listen({ host: '127.0.0.1', port: 0 })
  const client = new Agent({ connect: { ca: ca.cert } })
  t.teardown(async () => {
    await client.destroy()
    await stop(built.app)
  })
  const post = async (
    path: string,
    body: string,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => {
    const reply = await request(`https://127.0.0.1:${port}${path}`, {
      method: 'POST',
      dispatcher: client,
      body,
      headers,
    })
    return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() }
  }
  return { ...built, ca, port, post }
}

export const stop = async (app: App<Server>): Promise<void> => {
  app.fastify.server.closeAllConnections()
  await app.close({ graceMs: 0 })
}
