import { isDefault } from '../store.ts'
import type { FanObject } from './port.ts'

/** Says which controller class serves a cluster-scoped object: ESO has no field for it (docs/adr/0010-class-of-cluster-kinds.md). */
export const classAnnotation = 'latchkey.dev/controller-class'

/** Without the annotation it is the default class's, which is ESO's where Latchkey runs beside it under a class of its own. */
export const isOurFan = ({ metadata }: FanObject, controllerClass: string): boolean => {
  const named = metadata.annotations?.[classAnnotation]
  return named ? named === controllerClass : isDefault(controllerClass)
}
