// `npm run generate`: writes every file that is made from code.
//   npm run generate -- --check    writes nothing; names the files that differ and exits 1
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { catalogue } from '#admission'
import { ExternalSecretSpec, kindPage, kinds } from '#api'
import { faults } from '#core'
import { unsupported } from '#materialize'
import { metricsPage } from '#observe'
import { manifestFiles, optionalFiles } from '../deploy/manifests.ts'
import { finalizerPermissions, type Permission, permissions, tokenPermissions } from '../deploy/permissions.ts'
import { manifest } from '../server/cli/crds.ts'
import { configPage } from '../server/flags.ts'

/** One generated file: its path from the root of the checkout, and its text. */
export interface Generated {
  readonly path: string
  readonly render: () => string
}

const yamlNote = '# Made by `npm run generate`; edits are lost.\n'
const pageNote = '<!-- Made by `npm run generate`; edits are lost. -->\n'

const asSentence = (imperative: string): string => `${imperative.charAt(0).toUpperCase()}${imperative.slice(1)}.`

const faultsPage = (): string => `# Faults

The code is the reason of the event, the label of the metric and the field of the log line.

| code | what happened | what to do | tried again |
|---|---|---|---|
${Object.entries(faults)
  .map(
    ([code, { cause, remedy, retry }]) =>
      `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${cause} | ${asSentence(remedy)} | ${retries[retry]} |`,
  )
  .join('\n')}
`
const retries = {
  'on-change': 'when the object, or one that it names, changes',
  backoff: 'with growing delay, at the latest at the next refresh',
} as const

const permissionRow = ({ where, apiGroup, resources, verbs, only = [], why }: Permission): string =>
  [
    '',
    where === 'cluster' ? 'cluster' : 'own namespace',
    apiGroup || 'core',
    resources.join(', '),
    verbs.join(', '),
    only.join(', '),
    why,
    '',
  ]
    .join(' | ')
    .trim()

const permissionTable = (rows: readonly Permission[]): string =>
  `| where | group | resources | verbs | only | why |
|---|---|---|---|---|---|
${rows.map(permissionRow).join('\n')}`

const permissionsPage = (): string => `# Permissions

What the ServiceAccount may do, and why. \`deploy/rbac.yaml\` is made from the same table.

${permissionTable(permissions)}

Not installed by itself, since a token of any ServiceAccount is much to give: \`kubectl apply -f deploy/tokens.yaml\`, where stores log in as
ServiceAccounts. Without it those stores are not ready, and say so.

${permissionTable(tokenPermissions)}

Not installed by itself either, since who may patch a namespace may change its labels, and on those hang pod security, network policies and who may
use which store: \`kubectl apply -f deploy/eso-finalizers.yaml\`, once, after ESO with its ClusterExternalSecrets was in the cluster. Without it an event on the
ClusterExternalSecret says so, and those namespaces cannot go until the finalizer is off, by Latchkey or by hand.

${permissionTable(finalizerPermissions)}
`

const rejectionsPage = (): string => `# Rules of admission

What \`kubectl apply\` is refused or warned for, and what the reconciler checks again. The id stands in brackets behind a warning. A rule
that can warn is silenced for one object by the annotation \`latchkey.dev/silence: ID, ID\`, and for all by the file of \`--policy\`, which can
also make a denial of its warnings.

| rule | what it asks for | can warn |
|---|---|---|
${[...catalogue.values()].map(({ id, doc, warns }) => `| <a id="${id}"></a>\`${id}\` | ${doc} | ${warns ? 'yes' : '–'} |`).join('\n')}
`

// What the rule `unsupported` says of a manifest with all that it knows stands below the field table.
const sourceRef = { generatorRef: { kind: 'UUID', name: 'a' } }
const everything = {
  data: [{ secretKey: 'a', remoteRef: { key: '/a' }, sourceRef }],
  dataFrom: [{ sourceRef }],
}

const refusedNotes = (): string => {
  const notes = unsupported(ExternalSecretSpec.parse(everything)).map(({ path, message, remedy }) => {
    const field = path?.replaceAll(/\[\d+\]/g, '[]')
    return `- \`${field}\`: ${message}; ${remedy}`
  })
  return `\n## Refused by name\n\nThe table holds every field of the kind. These Latchkey does not serve:\n\n${notes.join('\n')}\n`
}

/** All of them; a new page is a new line. */
export const generated: readonly Generated[] = [
  ...[...manifestFiles, ...optionalFiles].map(({ path, objects }) => ({
    path: `deploy/${path}`,
    render: () => yamlNote + objects.map(manifest).join('---\n'),
  })),
  ...kinds.map(kind => ({
    path: `docs/reference/${kind.kind.toLowerCase()}.md`,
    render: () => pageNote + kindPage(kind) + (kind.kind === 'ExternalSecret' ? refusedNotes() : ''),
  })),
  { path: 'docs/reference/faults.md', render: () => pageNote + faultsPage() },
  { path: 'docs/reference/rejections.md', render: () => pageNote + rejectionsPage() },
  { path: 'docs/reference/config.md', render: () => pageNote + configPage() },
  { path: 'docs/reference/metrics.md', render: () => pageNote + metricsPage() },
  { path: 'docs/reference/permissions.md', render: () => pageNote + permissionsPage() },
]

const root = resolve(import.meta.dirname, '..')

const current = (path: string): string | undefined => {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}

const main = (check: boolean): number => {
  const stale = generated
    .map(({ path, render }) => ({ path, text: render() }))
    .filter(({ path, text }) => current(path) !== text)
  for (const { path, text } of stale) {
    process.stdout.write(`${check ? 'differs' : 'wrote'}: ${path}\n`)
    if (check) continue
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  if (check && stale.length > 0) process.stdout.write('→ run `npm run generate` and commit what it writes\n')
  return check && stale.length > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = main(process.argv.includes('--check'))
