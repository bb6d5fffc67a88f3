import type { ItemType } from '#api'
import { certificateReader } from './certificate.ts'
import { dynamicReader } from './dynamic.ts'
import type { ItemReader } from './reader.ts'
import { rotatedReader } from './rotated.ts'
import { staticReader } from './static.ts'

/** One entry per readable item type; a new type does not compile without its own. */
export const itemReaders = {
  STATIC_SECRET: staticReader,
  DYNAMIC_SECRET: dynamicReader,
  ROTATED_SECRET: rotatedReader,
  CERTIFICATE: certificateReader,
} as const satisfies Record<ItemType, ItemReader>
