import { Rewrite } from '#api'
import { type Fault, Sensitive } from '#core'
import type { TemplateEngine } from '../../../pkg/materialize/engine.ts'
import { rewrite } from '../../../pkg/materialize/rewrite/rewrite.ts'
import { Work } from '../../../pkg/materialize/rewrite/work.ts'
import type { Texts } from '../../oracle/rewrite/oracle.ts'

export const path = 'spec.dataFrom[0].rewrite'

type Made =
  | { readonly pairs: readonly (readonly [key: string, text: string])[] }
  | { readonly faults: readonly Fault[] }

/** Rewrites texts of one latin1 character a byte, with the defaults that the API server fills in. */
export const rewritten = async (
  steps: readonly object[],
  texts: Texts,
  engine: Pick<TemplateEngine, 'renderEach'>,
): Promise<Made> => {
  const data = new Map(Object.entries(texts).map(([key, text]) => [key, Sensitive.bytes(Buffer.from(text, 'latin1'))]))
  const made = await rewrite(
    steps.map(step => Rewrite.parse(step)),
    data,
    path,
    engine,
    new Work(),
  )
  if (Array.isArray(made)) return { faults: made }
  return { pairs: [...made].map(([key, value]) => [key, value.reveal().toString('latin1')] as const) }
}
