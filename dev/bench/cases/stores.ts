import { startTlsGateway } from '../../gateway.ts'
import type { Case } from '../case.ts'
import { collection } from '../manifests.ts'
import { inLanes, median } from '../numbers.ts'
import type { Stage } from '../stage.ts'

const namespace = 'bench-stores'
const host = 'stores.example.com'
const count = 200
const latencyMs = 20
const rounds = 3
const budgetMs = 5_000
const patienceMs = 60_000
const accessKey = 'bench-access-key-not-a-secret'
const idOf = (index: number): string => `p-bench${String(index).padStart(7, '0')}ab`

/** A gateway of its own, which takes its time for each call. */
const startSlowGateway = async () => {
  const type = 'api_key' as const
  const identities = Array.from({ length: count }, (_, index) => ({ type, accessId: idOf(index), accessKey }))
  const { gateway, ca, port } = await startTlsGateway(host, { identities })
  gateway.fail({ delayMs: latencyMs, times: 100_000 })
  return { gateway, port, caBundle: Buffer.from(ca).toString('base64') }
}

const store = (index: number, caBundle: string) => {
  const from = (key: string) => ({ name: `login-${index}`, key })
  const secretRef = {
    accessID: from('accessId'),
    accessType: from('accessType'),
    accessTypeParam: from('accessTypeParam'),
  }
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: `store-${index}` },
    spec: { provider: { akeyless: { akeylessGWApiURL: `https://${host}`, caBundle, authSecretRef: { secretRef } } } },
  }
}

const makeStores = async ({ api }: Stage, caBundle: string): Promise<void> =>
  inLanes(16, count, async index => {
    const stringData = { accessId: idOf(index), accessType: 'api_key', accessTypeParam: accessKey }
    await api.must('POST', `/api/v1/namespaces/${namespace}/secrets`, {
      metadata: { name: `login-${index}` },
      stringData,
    })
    await api.must('POST', collection(namespace, 'secretstores'), store(index, caBundle))
  })

/** As before anybody looked at them. */
const forgetStatus = async ({ api }: Stage): Promise<void> =>
  inLanes(16, count, async index => {
    const path = `${collection(namespace, 'secretstores')}/store-${index}/status`
    await api.must('PATCH', path, { status: null }, 'application/merge-patch+json')
  })

/** Milliseconds from the spawn to the last of them Ready. */
const timeStart = async (stage: Stage, port: number): Promise<number> => {
  const ready = new Set<string>()
  let done = (_at: number): void => {}
  const last = new Promise<number>(resolve => {
    done = resolve
  })
  const stop = await stage.api.watch(collection(namespace, 'secretstores'), ({ metadata, status }) => {
    const isReady = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
    if (isReady) ready.add(metadata.name)
    if (ready.size === count) done(performance.now())
  })
  const resolve = ['--resolve', `${host}:443=127.0.0.1:${port}`]
  const latchkey = stage.serve({ webhook: false, args: ['--watch-namespaces', namespace, ...resolve] })
  const late = setTimeout(() => done(Number.NaN), patienceMs)
  const at = await last
  clearTimeout(late)
  stop()
  await latchkey.stop()
  if (Number.isNaN(at)) throw new Error(`only ${ready.size} of ${count} stores were Ready in ${patienceMs / 1000} s`)
  return at - latchkey.spawnedAt
}

export const stores: Case = {
  name: 'stores',
  about: `a start that meets ${count} stores of ${count} identities, at a gateway that takes ${latencyMs} ms for each call`,
  async run(stage) {
    await stage.enter(namespace)
    const { gateway, port, caBundle } = await startSlowGateway()
    try {
      await makeStores(stage, caBundle)
      const runs: number[] = []
      for (let round = 0; round < rounds; round += 1) {
        if (round > 0) await forgetStatus(stage)
        runs.push(await timeStart(stage, port))
      }
      const logins = gateway.journal().filter(({ op }) => op === 'auth').length / rounds
      return [
        { name: `stores: spawn to ${count} of them Ready`, value: median(runs), unit: 'ms', runs, budget: budgetMs },
        { name: 'stores: logins at a start', value: logins, unit: 'calls', budget: count },
      ]
    } finally {
      await gateway.close()
    }
  },
}
