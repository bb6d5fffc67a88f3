import { Fault, type FaultCode, type Sensitive } from '#core'

/** One Go text/template. */
export interface TemplateText {
  /** The key that it fills; the text can call itself by this name, as in ESO. */
  readonly name: string
  readonly text: string | Sensitive
  /** `text`: what it prints. `pairs`: what it prints, read as a YAML map of texts (KeysAndValues). */
  readonly gives: 'text' | 'pairs'
  /** `refuse`, unless given: a missing key is a problem. `print`: it becomes `<no value>`, as in rewrite transform. */
  readonly missing?: 'refuse' | 'print'
}

export type Values = ReadonlyMap<string, Sensitive>

export type RenderedText =
  | { readonly is: 'text'; readonly text: Sensitive }
  | { readonly is: 'pairs'; readonly pairs: Values }

/** Why there is no result, in words of ours. `template`: the text has to change, or its values. `engine`: trying again may help. */
export interface EngineProblem {
  /** Of the question, as asked. */
  readonly index: number
  readonly blame: 'template' | 'engine'
  readonly message: string
  readonly remedy: string | undefined
}

/** Everything that was asked for, in order; or all that is wrong. */
export type Answer<T> = { readonly results: readonly T[] } | { readonly problems: readonly EngineProblem[] }

/**
 * Go's templates and gjson's paths, which this module does not follow itself (decision 11). Handed in by who has them; asked only
 * where a manifest uses them, because the first question starts a thread. Never rejects.
 */
export interface TemplateEngine {
  render(values: Values, templates: readonly TemplateText[]): Promise<Answer<RenderedText>>
  /** Several templates, each over values of its own. */
  renderEach(
    jobs: readonly { readonly values: Values; readonly template: TemplateText }[],
  ): Promise<Answer<RenderedText>>
  /** Whether texts can be parsed: no values are needed. */
  check(templates: readonly Pick<TemplateText, 'name' | 'text'>[]): Promise<Answer<undefined>>
  /** Properties as ESO's provider finds them: a name with dots as one key first. Undefined: not there. */
  get(questions: readonly { readonly json: Sensitive; readonly path: string }[]): Promise<Answer<Sensitive | undefined>>
  /** YAML texts as JSON, numbers with all their digits. */
  json(texts: readonly Sensitive[]): Promise<Answer<Sensitive>>
}

const codes = { template: 'TemplateInvalid', engine: 'TemplateStopped' } as const satisfies Record<
  EngineProblem['blame'],
  FaultCode
>

/** A problem at the field that the question came from. */
export const problemFault = ({ blame, message, remedy }: EngineProblem, path: string): Fault =>
  new Fault(codes[blame], message, { path, remedy })
