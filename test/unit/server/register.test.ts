import t from 'tap'
import { issueCa, joinBundle, type Pair, randomSources, readBundle } from '#certs'
import { Fault } from '#core'
import type { WebhookClient } from '../../../deploy/webhooks.ts'
import { createRegistration, type Request } from '../../../server/register.ts'

const now = new Date('2026-11-21T12:00:00Z')
const day = 86_400e3
const sources = randomSources()
const signal = new AbortController().signal
const [ours, theirs, old] = await Promise.all([
  issueCa({ sources, now }),
  issueCa({ sources, now }),
  issueCa({ sources, now: new Date(now.getTime() - 20 * day), days: 10 }),
])

const kinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']
const configurations = (client: WebhookClient, caBundle: string | undefined, path?: string) =>
  kinds.map(kind => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'latchkey' },
    webhooks: ['a', 'b'].map(name => ({
      name,
      clientConfig: {
        ...('url' in client ? { url: `${client.url}${path ?? '/x'}` } : { service: client.service }),
        ...(caBundle && { caBundle }),
      },
    })),
  }))

interface Live {
  metadata: { name: string; resourceVersion: string }
  webhooks: {
    name: string
    clientConfig: { caBundle?: string; url?: string; service?: { path?: string } }
    timeoutSeconds?: number
  }[]
}
class Refused extends Error {
  readonly status: number
  constructor(status: number) {
    super('canary')
    this.status = status
  }
}

/** The two objects as the API server keeps them, as far as our calls go: versions, defaults, two kinds of patch. */
const apiServer = (installed: boolean) => {
  const objects = new Map<string, Live>()
  const writes: string[] = []
  let conflicts = 0
  const service = configurations({ service: { namespace: 'n', name: 's' } }, undefined)
  const pathOf = (kind: string) => `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s/latchkey`
  const kindOf = (path: string) => kinds.find(kind => pathOf(kind) === path)
  const put = (path: string, webhooks: readonly object[]) => {
    const version = Number(objects.get(path)?.metadata.resourceVersion ?? 0) + 1
    const defaulted = webhooks.map(webhook => ({ timeoutSeconds: 10, ...structuredClone(webhook) })) as Live['webhooks']
    objects.set(path, { metadata: { name: 'latchkey', resourceVersion: String(version) }, webhooks: defaulted })
  }
  if (installed) for (const { kind, webhooks } of service) put(pathOf(kind), webhooks)

  const jsonPatch = (path: string, patch: { path: string; value: string }[]) => {
    const webhooks = structuredClone(objects.get(path)?.webhooks ?? [])
    for (const { path: field, value } of patch) {
      if (field === '/metadata/resourceVersion' && value !== objects.get(path)?.metadata.resourceVersion)
        throw new Refused(409)
      const [, index, at] = /^\/webhooks\/(\d+)\/clientConfig\/(caBundle|service\/path)$/.exec(field) ?? []
      const webhook = index && webhooks[Number(index)]
      if (webhook && at === 'caBundle') webhook.clientConfig.caBundle = value
      if (webhook && at === 'service/path')
        webhook.clientConfig.service = { ...webhook.clientConfig.service, path: value }
    }
    put(path, webhooks)
  }
  const request: Request = async ({ method, path, contentType, body }) => {
    const live = objects.get(path)
    if (!live && contentType !== 'application/apply-patch+yaml') throw new Refused(404)
    if (method === 'GET')
      return { apiVersion: 'admissionregistration.k8s.io/v1', kind: kindOf(path), ...structuredClone(live) }
    if (conflicts > 0) {
      conflicts -= 1
      put(path, live?.webhooks ?? [])
    }
    if (contentType === 'application/json-patch+json') jsonPatch(path, body as { path: string; value: string }[])
    else put(path, (body as Live).webhooks)
    writes.push(path)
    return objects.get(path)
  }
  const bundles = () =>
    [...objects.values()].flatMap(({ webhooks }) => webhooks.map(webhook => webhook.clientConfig.caBundle ?? ''))
  return {
    request,
    writes,
    objects,
    setConflicts: (count: number) => {
      conflicts = count
    },
    setBundles: (pem: string) => {
      for (const live of objects.values())
        for (const { clientConfig } of live.webhooks) clientConfig.caBundle = Buffer.from(pem).toString('base64')
    },
    trusted: () =>
      bundles().map(bundle => readBundle(Buffer.from(bundle, 'base64').toString()).map(cert => cert.fingerprint256)),
  }
}

const prints = (...pairs: Pair[]) => pairs.map(({ cert }) => readBundle(cert)[0]?.fingerprint256)
const everywhere = <T>(value: T): T[] => [value, value, value, value]
const service = { service: { namespace: 'n', name: 's' } }

const modes = [
  { mode: 'Service', client: service, installed: true },
  { mode: 'URL', client: { url: 'https://127.0.0.1:1' }, installed: false },
] as const

for (const { mode, client, installed } of modes) {
  const start = (server: ReturnType<typeof apiServer>) =>
    createRegistration({ request: server.request, client, configurations, now: () => now })

  t.test(`${mode} mode: all webhooks of both configurations come to trust our CA, once`, async t => {
    const server = apiServer(installed)
    const registration = start(server)
    t.equal(registration.missing().length, 2)
    await registration.trust(ours.cert, signal)
    t.same(server.trusted(), everywhere(prints(ours)))
    t.same(registration.missing(), [])
    await registration.trust(ours.cert, signal)
    t.equal(server.writes.length, 2, 'the second time nothing is written')
  })

  t.test(`${mode} mode: a CA of somebody else stays until it expires`, async t => {
    const server = apiServer(installed)
    await start(server).trust(ours.cert, signal)
    server.setBundles(joinBundle([theirs, old].flatMap(({ cert }) => readBundle(cert))))
    await start(server).trust(ours.cert, signal)
    t.same(server.trusted(), everywhere(prints(ours, theirs)))
  })

  t.test(`${mode} mode: a bundle that somebody emptied or spoilt is healed`, async t => {
    const server = apiServer(installed)
    const registration = start(server)
    for (const spoilt of ['', 'nonsense']) {
      server.setBundles(spoilt)
      await registration.trust(ours.cert, signal)
      t.same(server.trusted(), everywhere(prints(ours)))
    }
  })
}

t.test('Service mode: a configuration that is not installed is named and waited for', async t => {
  const server = apiServer(false)
  const registration = createRegistration({ request: server.request, client: service, configurations, now: () => now })
  await registration.trust(ours.cert, signal)
  t.same(registration.missing(), ['ValidatingWebhookConfiguration latchkey', 'MutatingWebhookConfiguration latchkey'])
  t.equal(server.writes.length, 0)
})

t.test('Service mode: a lost race is run again, a race that never ends is a fault', async t => {
  const server = apiServer(true)
  const registration = createRegistration({ request: server.request, client: service, configurations, now: () => now })
  server.setConflicts(3)
  await registration.trust(ours.cert, signal)
  t.same(server.trusted(), everywhere(prints(ours)))
  server.setConflicts(1000)
  await t.rejects(registration.trust(theirs.cert, signal), { code: 'ClusterRefused', message: /HTTP 409/ })
})

t.test('URL mode: an address that changed is corrected', async t => {
  const server = apiServer(true)
  const registration = createRegistration({
    request: server.request,
    client: { url: 'https://b' },
    configurations,
    now: () => now,
  })
  await registration.trust(ours.cert, signal)
  t.same(
    [...server.objects.values()].flatMap(({ webhooks }) => webhooks.map(({ clientConfig }) => clientConfig.url)),
    everywhere('https://b/validate'),
  )
})

const failures = [
  { name: 'a refusal', error: new Refused(403), code: 'ClusterRefused' },
  { name: 'silence', error: new Refused(0), code: 'ClusterUnreachable' },
  { name: 'something else', error: new TypeError('canary'), code: 'ClusterUnreachable' },
]
for (const { name, error, code } of failures) {
  t.test(`${name} becomes a fault without foreign words`, async t => {
    const request: Request = () => Promise.reject(error)
    const registration = createRegistration({ request, client: service, configurations, now: () => now })
    const fault = await registration.trust(ours.cert, signal).catch((thrown: unknown) => thrown)
    t.ok(fault instanceof Fault)
    t.match(fault, { code })
    t.notMatch(fault instanceof Fault ? fault.line() : '', /canary/)
    t.equal(registration.missing().length, 2)
  })
}

t.test('the path of validation is put beside the CA, follows the token, and is healed', async t => {
  for (const { mode, client, installed } of modes) {
    const server = apiServer(installed)
    let path = '/validate/one'
    const registration = createRegistration({
      ...{ request: server.request, client, configurations, now: () => now },
      path: () => path,
    })
    const paths = () =>
      [...server.objects.values()].map(({ webhooks }) =>
        webhooks.map(({ clientConfig: { url, service: to } }) => to?.path ?? (url && new URL(url).pathname)),
      )
    const both = (text: string) => [text, text]
    const want = (text: string) => (mode === 'URL' ? [both(text), both(text)] : [both(text), [undefined, undefined]])
    await registration.trust(ours.cert, signal)
    t.same(paths(), want('/validate/one'), mode)
    await registration.trust(ours.cert, signal)
    t.equal(server.writes.length, 2, 'the second time nothing is written')
    path = '/validate/two'
    await registration.trust(ours.cert, signal)
    t.same(paths(), want('/validate/two'))
    for (const { webhooks } of server.objects.values())
      for (const { clientConfig } of webhooks)
        if (clientConfig.url) clientConfig.url = 'https://127.0.0.1:1/elsewhere'
        else if (clientConfig.service?.path) clientConfig.service.path = '/elsewhere'
    await registration.trust(ours.cert, signal)
    t.same(paths(), want('/validate/two'), 'healed')
  }
})
