import type { Namespace } from '../ports.ts'
import { draft, type Fan, isMadeBy, isSame } from './draft.ts'
import type { Echoes } from './echo.ts'
import type { Child, ChildBody } from './port.ts'
import { isSelected } from './select.ts'

/** What is done about the child of one namespace. */
export type Step =
  | { readonly do: 'create'; readonly body: ChildBody }
  | { readonly do: 'replace'; readonly body: ChildBody }
  /** It is as it should be, or on its way out: then it is made anew once it is gone. */
  | { readonly do: 'keep' }
  /** An object of that name is somebody else's. */
  | { readonly do: 'leave'; readonly child: Child }

export interface Task {
  readonly namespace: string
  /** Children under a former name, or that are no longer wanted here: they go first, two must not fight for one Secret. */
  readonly remove: readonly Child[]
  /** Undefined where there should be no child. */
  readonly step: Step | undefined
}

export const isGoing = ({ metadata }: Child): boolean => metadata.deletionTimestamp !== undefined

/** The step for what is there now, as the watch shows it or as it was just read. */
export const stepFor = (fan: Fan, namespace: string, child: Child | undefined, echoes: Pick<Echoes, 'knows'>): Step => {
  if (!child) return { do: 'create', body: draft(fan, namespace) }
  if (!isMadeBy(child, fan)) return { do: 'leave', child }
  const body = draft(fan, namespace, child)
  return isGoing(child) || isSame(child, body) || echoes.knows(child, body) ? { do: 'keep' } : { do: 'replace', body }
}

interface Seen {
  readonly namespaces: readonly Namespace[]
  /** Children that this object controls, wherever and under whatever name. */
  readonly mine: readonly Child[]
  /** What has the name of a child in a namespace, whoever made it. */
  readonly at: (namespace: string) => Child | undefined
  readonly echoes: Pick<Echoes, 'knows'>
}

/**
 * What is to be done, by namespace in the order of their names. A namespace that is being deleted takes its child along, and in one that
 * the watch has not shown yet nothing is touched.
 */
export const planFor = (fan: Fan, { namespaces, mine, at, echoes }: Seen): readonly Task[] => {
  const minesOf = Map.groupBy(mine, ({ metadata }) => metadata.namespace ?? '')
  return namespaces
    .filter(({ terminating }) => !terminating)
    .map(namespace => {
      const { name } = namespace
      const wanted = isSelected(fan.wish, namespace)
      const spent = (child: Child) => !isGoing(child) && !(wanted && child.metadata.name === fan.wish.childName)
      return {
        namespace: name,
        remove: (minesOf.get(name) ?? []).filter(child => isMadeBy(child, fan) && spent(child)),
        step: wanted ? stepFor(fan, name, at(name), echoes) : undefined,
      }
    })
    .filter(({ remove, step }) => remove.length > 0 || step !== undefined)
    .sort((a, b) => (a.namespace < b.namespace ? -1 : 1))
}
