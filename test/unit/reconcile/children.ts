import { ExternalSecret, PushSecret } from '#api'
import type { Child, ChildBody, ChildWriter, ChildWritten } from '../../../pkg/reconcile/fan/port.ts'

/** What the API server does with a write instead of taking it; throws, or gives undefined to take it all the same. */
export type ChildTurn = (verb: string, body: ChildBody) => ChildWritten | undefined

interface Behind {
  readonly log: string[]
  /** What the watch shows, and the API server holds. */
  readonly externalSecrets: ExternalSecret[]
  readonly pushSecrets: PushSecret[]
  readonly next: () => { readonly child?: ChildTurn }
}

let serial = 1_000

/** As the API server stores it: it parses by the schema, which fills in defaults, and gives a version. */
const stored = (body: ChildBody): Child => {
  serial += 1
  const metadata = { uid: `uid-${serial}`, ...body.metadata, resourceVersion: `${serial}`, generation: 1 }
  const raw = { ...body, metadata }
  return body.kind === 'ExternalSecret' ? ExternalSecret.parse(raw) : PushSecret.parse(raw)
}

/** The children of the API server, in memory; a write shows in the watch at once. */
export const childrenIn = ({ log, externalSecrets, pushSecrets, next }: Behind): ChildWriter => {
  const listOf = (kind: Child['kind']): Child[] => (kind === 'ExternalSecret' ? externalSecrets : pushSecrets)
  const indexOf = (kind: Child['kind'], namespace: string, name: string): number =>
    listOf(kind).findIndex(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  const write = async (verb: 'create' | 'replace', body: ChildBody): Promise<ChildWritten> => {
    const { name, namespace } = body.metadata
    log.push(`${verb} ${body.kind} ${namespace}/${name}`)
    const turned = next().child?.(verb, body)
    if (turned) return turned
    const at = indexOf(body.kind, namespace, name)
    const list = listOf(body.kind)
    const fits = verb === 'create' ? at < 0 : list[at]?.metadata.resourceVersion === body.metadata.resourceVersion
    if (!fits) return { did: 'conflict' }
    const object = stored(body)
    list.splice(at < 0 ? list.length : at, at < 0 ? 0 : 1, object)
    return { did: 'written', object }
  }
  return {
    read: async ({ kind, namespace, name }) => {
      log.push(`get ${kind} ${namespace}/${name}`)
      return listOf(kind)[indexOf(kind, namespace, name)]
    },
    create: body => write('create', body),
    replace: body => write('replace', body),
    remove: async ({ kind, namespace, name, uid }) => {
      log.push(`delete ${kind} ${namespace}/${name}`)
      const at = indexOf(kind, namespace, name)
      if (listOf(kind)[at]?.metadata.uid === uid) listOf(kind).splice(at, 1)
      return 'done'
    },
  }
}
