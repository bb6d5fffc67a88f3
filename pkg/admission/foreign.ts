import type { Context, Draft } from './findings.ts'
import { valueAt } from './schema.ts'

/** The class of a process that nobody gave another one, and of a store that names none (docs/adr/0006). */
const defaultClass = 'default'

/** Said in front of what would be refused, were the object ours. */
export const foreignRule = {
  id: 'foreign',
  doc: 'What another operator serves, by class or by provider, is admitted whatever it says: each refusal becomes a warning.',
} as const

/** The class that a store asks for. */
export const classOf = ({ controller }: { readonly controller?: string | undefined }): string =>
  controller || defaultClass

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A class of its own means that another operator runs beside us (decision 3). */
const isShared = ({ controllerClass = defaultClass }: Context): boolean => controllerClass !== defaultClass

const isForeignStore = (object: unknown, { controllerClass }: Context): boolean => {
  const own = classOf({ controller: textOf(valueAt(object, ['spec', 'controller'])) })
  if (controllerClass !== undefined && own !== controllerClass) return true
  const provider = valueAt(object, ['spec', 'provider'])
  if (typeof provider !== 'object' || provider === null) return false
  const names = Object.keys(provider)
  return names.length === 1 && names[0] !== 'akeyless'
}

/** How a kind that uses stores names them. */
interface User {
  /** Where the spec is that does. */
  readonly at: readonly string[]
  readonly field: string
  readonly refsOf: (spec: unknown) => readonly unknown[]
}

const listAt = (spec: unknown, field: string): readonly unknown[] => {
  const list = valueAt(spec, [field])
  return Array.isArray(list) ? list : []
}

/** One store of another operator makes the object that one's: the reconciler does not touch it then (compatibility.md §2, step 5). */
const reads = {
  field: 'secretStoreRef',
  refsOf: (spec: unknown) => [
    valueAt(spec, ['secretStoreRef']),
    ...['data', 'dataFrom'].flatMap(field =>
      listAt(spec, field).map(entry => valueAt(entry, ['sourceRef', 'storeRef'])),
    ),
  ],
}

/** The same of pushes. */
const pushes = {
  field: 'secretStoreRefs',
  refsOf: (spec: unknown) => listAt(spec, 'secretStoreRefs'),
}

const users: ReadonlyMap<unknown, User> = new Map([
  ['ExternalSecret', { at: ['spec'], ...reads }],
  ['ClusterExternalSecret', { at: ['spec', 'externalSecretSpec'], ...reads }],
  ['PushSecret', { at: ['spec'], ...pushes }],
  ['ClusterPushSecret', { at: ['spec', 'pushSecretSpec'], ...pushes }],
])

/** A SecretStore of an object that stands in no namespace may be any. */
const lookUp = (ref: unknown, namespace: string | undefined, { stores }: Context) => {
  const kind = valueAt(ref, ['kind']) === 'ClusterSecretStore' ? 'ClusterSecretStore' : 'SecretStore'
  const name = textOf(valueAt(ref, ['name']))
  if (kind === 'SecretStore' && namespace === undefined) return undefined
  return stores?.({ kind, namespace: kind === 'SecretStore' ? namespace : undefined, name })
}

/** Says which controller class serves an object that makes others: ESO has no field for it (docs/adr/0010-class-of-cluster-kinds.md). */
export const classAnnotation = 'latchkey.dev/controller-class'

/** Whether a class serves such an object: without the annotation it is the default class's, which is ESO's where we run beside it. */
export const isMakerOf = (annotation: string | undefined, controllerClass = defaultClass): boolean =>
  (annotation || defaultClass) === controllerClass

const isMaker = ({ at }: User): boolean => at.length > 1

const isForeignUser = (user: User, object: unknown, context: Context): boolean => {
  const { at, refsOf } = user
  // only of what it makes it is not known where that will be
  const namespace = isMaker(user) ? undefined : textOf(valueAt(object, ['metadata', 'namespace']))
  const named = refsOf(valueAt(object, at)).filter(ref => textOf(valueAt(ref, ['name'])))
  const known = named.flatMap(ref => lookUp(ref, namespace, context) ?? [])
  // none there yet, or generators alone, which have no class: where two operators share the cluster it may be anybody's
  return known.length === 0 ? !isMaker(user) && isShared(context) : known.some(store => !store.ours)
}

/**
 * Why an object is another operator's to serve, as the draft that leads its warnings; undefined where it is ours or that is not
 * known. Takes the object as it came, since its faults may be such that it cannot be parsed. Decisions 2 and 3.
 */
export const foreignDraft = (object: unknown, context: Context): Draft | undefined => {
  const user = users.get(valueAt(object, ['kind']))
  if (user && isMaker(user)) {
    const annotation = textOf(valueAt(object, ['metadata', 'annotations', classAnnotation]))
    if (!isMakerOf(annotation, context.controllerClass)) {
      const message = 'is not the class that Latchkey serves; if it were, what follows would be refused'
      return { path: `metadata.annotations["${classAnnotation}"]`, message, level: 'warn' }
    }
  }
  if (user) {
    const message =
      'names a store that Latchkey does not serve, or none; if it were ours, what follows would be refused'
    const path = [...user.at, user.field].join('.')
    return isForeignUser(user, object, context) ? { path, message, level: 'warn' } : undefined
  }
  const message = 'is not for Latchkey; if it were, what follows would be refused'
  return isForeignStore(object, context) ? { path: 'spec', message, level: 'warn' } : undefined
}
