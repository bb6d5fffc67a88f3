import { setTimeout as pause } from 'node:timers/promises'
import type { Case } from '../case.ts'
import { clusterExternalSecret, secretStore } from '../manifests.ts'
import { inLanes, median } from '../numbers.ts'
import type { Stage } from '../stage.ts'
import { countOf } from '../writes.ts'

const count = 500
const rounds = 3
// as many as Latchkey writes at once
const lanes = 8
const budgetSeconds = 15
const recheckSeconds = 2
const patienceMs = 60_000

const group = '/apis/external-secrets.io/v1'
const makers = `${group}/clusterexternalsecrets`
const label = { 'bench.latchkey.dev/fan-out': 'yes' }
const spaceOf = (index: number): string => `bench-fan-${index}`

/** Seconds from sending the manifest to a status that names every namespace. */
const runLatchkey = async ({ api }: Stage, name: string): Promise<number> => {
  const done = Promise.withResolvers<number>()
  const stop = await api.watch(makers, ({ metadata, status }) => {
    if (metadata.name === name && status?.provisionedNamespaces?.length === count) done.resolve(performance.now())
  })
  const expired = pause(patienceMs, undefined, { ref: false }).then(() =>
    Promise.reject(new Error(`${name} is not done`)),
  )
  const begun = performance.now()
  await api.must('POST', makers, clusterExternalSecret(name, label, `${recheckSeconds}s`))
  const at = await Promise.race([done.promise, expired])
  stop()
  return (at - begun) / 1000
}

/** The same children and the same status, by one who has nothing to find out. */
const runBare = async ({ api }: Stage, name: string): Promise<number> => {
  const begun = performance.now()
  // of a class that nobody has: nobody acts on it
  const made = await api.must('POST', makers, clusterExternalSecret(name, label, '1h', 'nobody'))
  const owner = { apiVersion: 'external-secrets.io/v1', kind: 'ClusterExternalSecret', name, uid: made.metadata.uid }
  const { spec } = clusterExternalSecret(name, label, '1h')
  await inLanes(lanes, count, async index => {
    const metadata = { name, ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }] }
    await api.must('POST', `${group}/namespaces/${spaceOf(index)}/externalsecrets`, {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata,
      spec: spec.externalSecretSpec,
    })
  })
  const provisionedNamespaces = Array.from({ length: count }, (_, index) => spaceOf(index)).toSorted()
  const status = { externalSecretName: name, provisionedNamespaces, conditions: [{ type: 'Ready', status: 'True' }] }
  await api.must('PATCH', `${makers}/${name}/status`, { status }, 'application/merge-patch+json')
  return (performance.now() - begun) / 1000
}

const writes = async ({ api }: Stage): Promise<number> =>
  (await countOf(api, 'externalsecrets', '')) +
  (await countOf(api, 'clusterexternalsecrets', '')) +
  (await countOf(api, 'clusterexternalsecrets', 'status'))

export const fanOut: Case = {
  name: 'fan-out',
  about: `a ClusterExternalSecret for ${count} namespaces`,
  async run(stage) {
    const { api } = stage
    const store = secretStore('bench-fan', 'nobody')
    const labelled = (index: number) => ({ metadata: { name: spaceOf(index), labels: label } })
    await inLanes(16, count, async index => void (await api.must('POST', '/api/v1/namespaces', labelled(index))))
    const latchkey = stage.serve()
    await latchkey.ready
    // the webhook of an earlier case answers again only now
    await api.must('POST', `${group}/clustersecretstores`, { ...store, kind: 'ClusterSecretStore' })
    const runs: number[] = []
    const bareRuns: number[] = []
    const made: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const before = await writes(stage)
      runs.push(await runLatchkey(stage, `bench-fan-${round}`))
      // the manifest itself is ours, and not Latchkey's
      made.push((await writes(stage)) - before - 1)
      bareRuns.push(await runBare(stage, `bench-fan-bare-${round}`))
    }
    const before = await writes(stage)
    await pause(3 * recheckSeconds * 1000)
    const rechecks = (await writes(stage)) - before
    await latchkey.stop()
    await api.must('DELETE', makers)
    await api.must('DELETE', `${group}/clustersecretstores/bench-fan`)
    await inLanes(16, count, async index => {
      await api.must('DELETE', `${group}/namespaces/${spaceOf(index)}/externalsecrets`)
      await api.must('DELETE', `/api/v1/namespaces/${spaceOf(index)}`)
    })
    const name = `${count} namespaces provisioned`
    return [
      { name, value: median(runs), unit: 's', bare: median(bareRuns), budget: budgetSeconds, runs, bareRuns },
      { name: `${name}: writes`, value: median(made), unit: 'writes', bare: count + 1, budget: count + 1, runs: made },
      { name: `${count} namespaces compared again, ${rounds} objects`, value: rechecks, unit: 'writes', budget: 0 },
    ]
  },
}
