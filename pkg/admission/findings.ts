import type { ExternalSecret, Policy, PushSecret } from '#api'
import { type Fault, sentence } from '#core'

export type Level = 'deny' | 'warn'

/** One thing that a rule has to say about a field; without a level it denies. Never holds the value of a secret. */
export interface Draft {
  readonly path: string
  /** What is wrong. */
  readonly message: string
  /** What would be right, as an imperative. */
  readonly remedy?: string | undefined
  readonly level?: Level
}

export interface Finding {
  readonly path: string
  readonly message: string
  readonly remedy: string | undefined
  /** Id of the rule, the anchor in docs/reference/rejections.md. */
  readonly rule: string
  readonly level: Level
  /** A denial that the object was accepted with before an update, and so a warning that nobody can silence. */
  readonly accepted?: true
}

/** What is known of a store, undefined where it does not exist; asked only for refs of the object under review. */
export type StoreLookup = (ref: {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  /** Undefined for a ClusterSecretStore. */
  readonly namespace: string | undefined
  readonly name: string
}) =>
  | {
      /** Whether this process serves it: by its class, and by its provider. */
      readonly ours: boolean
      /** Whether its conditions admit a namespace, as far as is known; left out where it has none to have. */
      readonly admits?: ((namespace: string) => boolean) | undefined
    }
  | undefined

export interface Context {
  /** Undefined where the process does not know the stores; nothing is said about them then. */
  readonly stores?: StoreLookup | undefined
  /** The class that the process serves; where undefined, every store under review counts as of that class. */
  readonly controllerClass?: string | undefined
  /** True where another process reconciles, maybe ESO (decision 3): what Latchkey lacks is then no reason to refuse. */
  readonly reconciledElsewhere?: boolean | undefined
  /** Whether --unsafe-allow-generic-targets is given; where undefined, that is not known and nothing is said about it. */
  readonly genericTargets?: boolean | undefined
  /** Whether --allow-local-gateways is given; where undefined, that is not known and nothing is said about it. */
  readonly localGateways?: boolean | undefined
  /** What the operator's administrator wants rules to do; undefined: as they come. */
  readonly policy?: Policy | undefined
  /** The time, for what ends; where undefined, nothing is said about it. */
  readonly now?: Date | undefined
  /** How many items a minute the ExternalSecrets of a namespace refresh, without the one of this name; undefined: not known. */
  readonly refreshes?: ((namespace: string, except: string) => number) | undefined
  /** Who makes a Secret of a namespace, and who pushes it; undefined: not known. */
  readonly partners?:
    | {
        makersOf(namespace: string, secret: string): readonly ExternalSecret[]
        pushersOf(namespace: string, secret: string): readonly PushSecret[]
      }
    | undefined
}

/** One check of one kind: a pure function of the object. `doc` is its line in docs/reference/rejections.md. */
export interface Rule<T> {
  readonly id: string
  readonly doc: string
  /** Whether it can warn: then a policy may set what becomes of its warnings, and an annotation may silence them. */
  readonly warns?: true
  readonly check: (object: T, context: Context) => readonly Draft[]
}

export const stamp = (rule: string, draft: Draft): Finding => ({
  path: draft.path,
  message: draft.message,
  remedy: draft.remedy,
  rule,
  level: draft.level ?? 'deny',
})

const shown = 10
const longestWarning = 256

const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** The text after `denied the request: ` (decision 27): who, how many, one line for each of the first ten. */
export const denialText = (subject: string, denials: readonly Finding[]): string => {
  const lines = denials.slice(0, shown).map(finding => `  ${sentence(finding)}`)
  const rest = denials.length - lines.length
  return [`${subject}: ${many(denials.length, 'fault')}`, ...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])].join(
    '\n',
  )
}

const warningText = (finding: Finding): string => {
  const end = ` [${finding.rule}${finding.accepted ? ', accepted before' : ''}]`
  // the bracket behind says it already
  const text = [...sentence(finding).replace(` [${finding.rule}, by policy]`, '')]
  const room = longestWarning - end.length
  return `${text.length > room ? `${text.slice(0, room - 1).join('')}…` : text.join('')}${end}`
}

/** One text each, at most 256 characters: longer ones the API server would cut. */
export const warningTexts = (warnings: readonly Finding[]): string[] => {
  const rest = warnings.length - shown
  return [...warnings.slice(0, shown).map(warningText), ...(rest > 0 ? [`and ${many(rest, 'warning')} more`] : [])]
}

/** A fault that pkg/materialize already words, as a denial. */
export const fromFault = ({ path, message, remedy }: Fault): Draft => ({ path: path ?? 'spec', message, remedy })
