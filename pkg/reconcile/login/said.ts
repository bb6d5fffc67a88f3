import type { AkeylessProvider } from '#api'
import type { Context, Found } from './selectors.ts'

/** What the credentials Secret says, with the ServiceAccount beside it: everything that the way to log in needs is there. */
export interface Said {
  readonly context: Context
  readonly accessId: string
  /** accessTypeParam; empty where there is none: most types do without. */
  readonly param: Found
  /** The same as text, without blanks around it. */
  readonly word: string
  readonly account: AkeylessProvider['authSecretRef']['serviceAccountRef']
}
