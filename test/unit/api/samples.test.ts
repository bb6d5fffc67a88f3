import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { ExternalSecret, SecretStore } from '#api'

const samples = join(import.meta.dirname, '../../../deploy/samples')
const shapes = { ExternalSecret, SecretStore }
const files = [
  { file: 'secretstore', kind: 'SecretStore', name: 'akeyless-secret-store' },
  { file: 'externalsecret', kind: 'ExternalSecret', name: 'akeyless-external-secret' },
  { file: 'externalsecret-json', kind: 'ExternalSecret', name: 'akeyless-external-secret-json' },
  { file: 'externalsecret-tls', kind: 'ExternalSecret', name: 'akeyless-tls-secret' },
  // what is wrong with these two, the schema cannot say: the webhook does
  { file: 'misconfigured-store', kind: 'SecretStore', name: 'wrong-key' },
  { file: 'misconfigured-externalsecret', kind: 'ExternalSecret', name: 'misconfigured-external-secret' },
] as const

for (const { file, kind, name } of files) {
  t.test(`the sample ${file} fits the schema, without a field that it does not know`, async t => {
    const documents = parseAllDocuments(readFileSync(join(samples, `${file}.yaml`), 'utf8')).map(each => each.toJS())
    const ours = documents.filter(each => each.kind !== 'Secret')
    t.equal(ours.length, 1)
    const parsed = shapes[kind].parse(ours[0])
    t.match(parsed, ours[0], 'nothing is lost')
    t.match(parsed.metadata, { name, namespace: 'akeyless-demo' })
  })
}
