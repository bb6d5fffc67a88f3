import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { issueCa, issueLeaf, randomSources } from '#certs'
import { createGateway, readSeed } from '#devgateway'

const seedFile = resolve(import.meta.dirname, 'seeds/items.yaml')

/** The development gateway, with a certificate for the name that the guides use, signed by a CA made for this run. */
export const startGateway = async (state: string) => {
  const now = new Date()
  const sources = randomSources()
  const ca = await issueCa({ sources, now })
  const leaf = await issueLeaf({
    ca,
    sources,
    now,
    names: { dns: ['api.akeyless.io', 'localhost'], ip: ['127.0.0.1'] },
  })
  const caFile = join(state, 'gateway-ca.crt')
  writeFileSync(caFile, ca.cert)
  const seed = readSeed(readFileSync(seedFile, 'utf8'))
  const gateway = await createGateway({
    seed,
    tls: { cert: leaf.cert, key: leaf.key.reveal().toString() },
    now: () => new Date(),
  })
  return {
    gateway,
    caFile,
    port: Number(new URL(gateway.url).port),
    items: seed.items.length,
    identities: seed.identities.length,
  }
}
