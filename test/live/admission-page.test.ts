// docs/admission.md does what it says: its manifests get the answers that stand below them, its policy is one, its commands work.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { judge } from '#admission'
import { Policy, refreshBudget } from '#api'
import { parsePolicy } from '../../server/policy.ts'
import { kubectl, namespace as namespaceFor, request, until } from '../support/cluster.ts'
import { startTlsGateway } from '../support/latchkey.ts'
import { type Json, pathsOf, readyOf, secretStore, whenReady } from '../support/objects.ts'
import { startRegistered } from './registered.ts'
import { install, must } from './twin.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/admission.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text)
const [bad = '', silent = '', policyText = '', patch = ''] = blocks('yaml')
const [denied = '', warning = '', pathDenied = ''] = blocks('text')
const commands = blocks('sh').flatMap(block => block.trim().split('\n'))

await install()
const namespace = await namespaceFor(t)
const gateway = await startTlsGateway(t)
// objects of the page are of team-a, and so is its policy
const here = (text: string) => text.replaceAll('team-a', namespace)
const policy = join(t.testdir(), 'policy.yaml')
writeFileSync(policy, here(policyText))
await startRegistered(t, { namespace, gateway, args: ['--policy', policy] })
const { stores, externalSecrets } = pathsOf(namespace)
await request('POST', stores, secretStore('akeyless'))

const apply = (text: string, ...args: string[]) =>
  kubectl(['apply', ...args, '-f', '-'], { namespace, input: here(text) })
const withoutPlace = (text: string) => text.replace(' error when creating "STDIN":', '')

t.test('the first manifest is refused in the words that stand below it', async t => {
  const { code, stderr } = await apply(bad)
  t.equal(code, 1)
  t.equal(withoutPlace(stderr), here(denied))
})

t.test('a warning is said, and the annotation of the page silences it', async t => {
  const { metadata: _, ...loud } = parse(silent)
  const aloud = { ...loud, metadata: { name: 'aloud', namespace } }
  const said = await apply(JSON.stringify(aloud), '--dry-run=server')
  t.equal(said.stderr, warning)
  t.same(await apply(silent), { code: 0, stdout: 'externalsecret.external-secrets.io/ticker created\n', stderr: '' })
  await request('DELETE', `${externalSecrets}/ticker`)
})

t.test('the policy of the page is one, and shows every field that there is', async t => {
  const read = parsePolicy(policyText, 'policy.yaml')
  const entry = read.paths?.[0] ?? {}
  t.same(Object.keys(read).sort(), Object.keys(Policy.shape).sort())
  t.same(Object.keys(entry).sort(), Object.keys(Policy.shape.paths.unwrap().element.shape).sort())
  for (const field of ['rules.ID', ...Object.keys(entry).map(name => `paths[].${name}`), 'refreshesPerMinute'])
    t.ok(page.includes(`\n| \`${field}\` |`), field)
  t.match(page, `speaks | ${refreshBudget()} |`)
})

t.test('what the page says of paths is so', async t => {
  const read = parsePolicy(policyText, 'policy.yaml')
  const about = (key: string): readonly string[] => {
    const data = [{ secretKey: 'a', remoteRef: { key } }]
    const object: Json = {
      ...parse(bad),
      spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'shared' }, data },
    }
    return judge(object, undefined, { policy: read }).denials.map(
      ({ path, message, remedy }) => `${path}: ${message} → ${remedy}`,
    )
  }
  t.same(about('/team-b/db'), [pathDenied.trim()])
  for (const key of ['/team-a/db', 'team-a/x/y', '/shared/db']) t.same(about(key), [], key)
  for (const key of ['/team-ab/db', '/team-a', '/Team-a/db', '/team-a/%2e%2e/x', '/team-a／x', '/team-a/‥/x'])
    t.equal(about(key).length, 1, key)
})

t.test('the commands of the page do what it says', async t => {
  t.same(commands, [
    'kubectl -n latchkey-system create configmap latchkey-policy --from-file=policy.yaml',
    'kubectl -n latchkey-system patch deployment latchkey --patch-file policy-patch.yaml',
    'kubectl delete validatingwebhookconfiguration latchkey',
    "sed 's/failurePolicy: Fail/failurePolicy: Ignore/' deploy/webhook.yaml | kubectl apply -f -",
  ])
  const dry = ['--dry-run=client', '-o', 'json']
  const made = JSON.parse(
    await must(['-n', namespace, 'create', 'configmap', 'latchkey-policy', `--from-file=${policy}`, ...dry]),
  )
  t.equal(made.data['policy.yaml'], here(policyText))
  // the deployment of deploy/, patched, as the API server would take it
  const documents = parseAllDocuments(readFileSync(join(root, 'deploy/deployment.yaml'), 'utf8'))
  const file = join(t.testdir(), 'deployment.yaml')
  writeFileSync(file, String(documents.find(document => document.get('kind') === 'Deployment')))
  const args = ['patch', '--local', '-f', file, '--type=strategic', '-p', patch, '-o', 'json']
  const patched = JSON.parse(await must(args))
  const own = { ...patched, metadata: { name: 'latchkey', namespace } }
  const taken = JSON.parse(await must(['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(own)))
  const { containers, volumes } = taken.spec.template.spec
  t.match(containers[0].env, [{ name: 'LATCHKEY_POLICY', value: '/etc/latchkey/policy.yaml' }])
  t.ok(containers[0].env.length > 1 && containers[0].args.includes('--leader-elect'), 'what was there stays')
  t.match(volumes.at(-1) ?? volumes[0], { name: 'policy', configMap: { name: 'latchkey-policy' } })
  const webhook = readFileSync(join(root, 'deploy/webhook.yaml'), 'utf8')
  const open = webhook.replaceAll('failurePolicy: Fail', 'failurePolicy: Ignore')
  t.not(open, webhook)
  await must(['apply', '--dry-run=server', '-f', '-'], open)
})

t.test('with the registration away everything is admitted, and the status says what the webhook would', async t => {
  await must(['delete', 'validatingwebhookconfiguration', namespace])
  const said = await until(t, 'the API server to ask nobody', async () => {
    const outcome = await apply(bad)
    return outcome.code === 0 ? outcome : undefined
  })
  t.match(said.stdout, 'externalsecret.external-secrets.io/db created')
  const { message } = readyOf(await whenReady(t, `${externalSecrets}/db`, 'False'))
  const [, ...faults] = here(denied).trim().split('\n')
  for (const fault of faults) t.match(message, fault.trim())
})
