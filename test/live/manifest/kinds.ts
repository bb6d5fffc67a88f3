// Kinds of a test's own, in a group of its own: other test files run beside it.
import { randomBytes } from 'node:crypto'
import { request, until } from '../../support/cluster.ts'

interface Ending {
  teardown(fn: () => unknown): unknown
}

export interface Kind {
  readonly apiVersion: string
  readonly kind: string
  /** Path of an object, or of the collection, in a namespace. */
  at(namespace: string, name?: string): string
}

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

export const freeGroup = (): string => `manifest-${randomBytes(4).toString('hex')}.latchkey.test`

export const kindIn = (group: string, kind: string): Kind => ({
  apiVersion: `${group}/v1`,
  kind,
  at: (namespace, name) =>
    `/apis/${group}/v1/namespaces/${namespace}/${kind.toLowerCase()}s${name === undefined ? '' : `/${name}`}`,
})

/** Takes anything, fills in a default, and has a status of its own. */
export const openSpec = {
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
  properties: { mode: { type: 'string', default: 'auto', enum: ['auto', 'manual'] } },
}

/** Installs the kind until the test ends; ready to be used once it is back. */
export const installKind = async (t: Ending, group: string, kind: string, spec: object = openSpec): Promise<Kind> => {
  const plural = `${kind.toLowerCase()}s`
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const { status: code } = await request('POST', crds, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
        },
      ],
    },
  })
  if (code !== 201) throw new Error(`the kind ${kind} was not installed: HTTP ${code}`)
  t.teardown(() => request('DELETE', `${crds}/${plural}.${group}`))
  const made = kindIn(group, kind)
  // served, and told to whoever looks for the kind: the second comes a little later
  await until(t, `the kind ${kind}`, async () => {
    const served = await request('GET', made.at('default'))
    const { body } = await request('GET', `/apis/${group}/v1`)
    const isTold = body?.resources?.some((resource: { name: string }) => resource.name === plural)
    return served.status === 200 && isTold ? true : undefined
  })
  return made
}
