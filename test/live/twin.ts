import { randomBytes } from 'node:crypto'
import { customResourceDefinitions, group } from '#api'
import { kubectl, until } from '../support/cluster.ts'

/** kubectl's output; its own words when it fails. */
export const must = async (args: readonly string[], input?: string): Promise<string> => {
  const { code, stdout, stderr } = await kubectl(args, input === undefined ? {} : { input })
  if (code !== 0) throw new Error(`kubectl ${args[0]}: ${stderr}`)
  return stdout
}

/** Installs our kinds as they are. Other test files do the same at the same time. */
export const install = async (): Promise<void> => {
  const crds = customResourceDefinitions()
  await must(
    ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    crds.map(crd => JSON.stringify(crd)).join('\n'),
  )
  await must([
    'wait',
    '--for=condition=Established',
    '--timeout=30s',
    ...crds.map(({ metadata }) => `crd/${metadata.name}`),
  ])
}

/**
 * The same kinds in an API group of the caller's own: what the schema and the API server do with them is seen there without
 * the webhook that another test file may have registered for the real group. Removed after the test.
 */
export const installTwin = async (t: { teardown(fn: () => unknown): unknown }): Promise<string> => {
  const twin = `twin-${randomBytes(4).toString('hex')}.latchkey.dev`
  const crds = customResourceDefinitions().map(({ metadata, spec, ...crd }) => {
    // short names would be ambiguous beside the real ones
    const { shortNames: _, categories: __, ...names } = spec.names
    return {
      ...crd,
      metadata: { ...metadata, name: metadata.name.replace(group, twin) },
      spec: { ...spec, group: twin, names },
    }
  })
  const paths = crds.map(({ metadata }) => `crd/${metadata.name}`)
  t.teardown(() => kubectl(['delete', '--wait=false', ...paths]))
  await must(['create', '-f', '-'], crds.map(crd => JSON.stringify(crd)).join('\n'))
  await must(['wait', '--for=condition=Established', '--timeout=30s', ...paths])
  // established kinds show up in discovery a little later
  await until(t, `discovery of ${twin}`, async () => {
    const { stdout } = await kubectl(['api-resources', `--api-group=${twin}`, '--cached=false', '-o', 'name'])
    return stdout.trim().split('\n').length === crds.length ? true : undefined
  })
  return twin
}
