import { classAnnotation, isMakerOf } from '#admission'
import type { FanObject } from './port.ts'

/** Whether this process serves a cluster-scoped object: by its annotation (docs/adr/0010-class-of-cluster-kinds.md). */
export const isOurFan = ({ metadata }: FanObject, controllerClass: string): boolean =>
  isMakerOf(metadata.annotations?.[classAnnotation], controllerClass)
