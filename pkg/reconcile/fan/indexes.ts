import type { ExternalSecret, PushSecret } from '#api'
import type { Namespace } from '../ports.ts'
import { makerOf } from './draft.ts'
import { heldFor } from './finalizers.ts'
import { wishOf } from './kinds.ts'
import type { Child, FanObject } from './port.ts'

export const makerIndex = 'maker'
export const childIndex = 'child'
export const heldIndex = 'held'

const maker = (child: Child): readonly string[] => {
  const found = makerOf(child)
  return found ? [found.key] : []
}

/** How the snapshots that this part reads must be filed. */
export const fanIndexes = {
  /** fanKey of the object that controls a child. */
  externalSecrets: { [makerIndex]: (child: ExternalSecret): readonly string[] => maker(child) },
  pushSecrets: { [makerIndex]: (child: PushSecret): readonly string[] => maker(child) },
  /** Name of the children. */
  fans: { [childIndex]: (object: FanObject): readonly string[] => [wishOf(object).childName] },
  /** Name of a ClusterExternalSecret for which ESO holds a namespace. */
  namespaces: { [heldIndex]: (namespace: Namespace): readonly string[] => heldFor(namespace) },
} as const
