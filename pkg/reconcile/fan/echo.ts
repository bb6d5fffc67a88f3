import { contentOf } from './draft.ts'
import type { Child, ChildBody } from './port.ts'

/**
 * Children that the API server keeps in another form than was asked for, because a webhook or a newer CRD adds to them: such a form is
 * as good as the one asked for, or each look would write it again. Forgotten at a restart, which costs one write that changes nothing.
 */
export interface Echoes {
  /** Whether this is what the API server made of that. */
  knows(child: Child, body: ChildBody): boolean
  note(body: ChildBody, stored: Child): void
  forget(child: Child): void
}

const keyOf = ({ kind, metadata }: Child | ChildBody): string => `${kind} ${metadata.namespace}/${metadata.name}`

export const createEchoes = (): Echoes => {
  const noted = new Map<string, { readonly asked: string; readonly stored: string }>()
  return {
    knows: (child, body) => {
      const note = noted.get(keyOf(child))
      return note !== undefined && note.asked === contentOf(body) && note.stored === contentOf(child)
    },
    note: (body, stored) => {
      const texts = { asked: contentOf(body), stored: contentOf(stored) }
      if (texts.asked === texts.stored) noted.delete(keyOf(body))
      else noted.set(keyOf(body), texts)
    },
    forget: child => {
      noted.delete(keyOf(child))
    },
  }
}
