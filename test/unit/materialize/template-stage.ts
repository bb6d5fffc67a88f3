import { ExternalSecretSpec } from '#api'
import { type Fault, Sensitive } from '#core'
import type { Engine } from '#template'
import { type Parts, renderParts } from '../../../pkg/materialize/template/parts.ts'
import { type ShapedSecret, shapeSecret } from '../../../pkg/materialize/template/shape.ts'
import type { Sources } from '../../../pkg/materialize/template/sources.ts'

export type Texts = Readonly<Record<string, string | Buffer>>

export const valuesOf = (texts: Texts): Map<string, Sensitive> =>
  new Map(
    Object.entries(texts).map(([key, text]) => [
      key,
      typeof text === 'string' ? Sensitive.text(text) : Sensitive.bytes(text),
    ]),
  )

export const sourcesOf = (objects: Readonly<Record<string, Texts | undefined>>): Sources =>
  new Map(Object.entries(objects).map(([key, texts]) => [key, texts && valuesOf(texts)]))

/** For where no engine may be asked. */
export const noEngine: Pick<Engine, 'render'> = {
  render: () => {
    throw new Error('the engine is asked')
  },
}

const metadata = { labels: { own: 'label' }, annotations: { own: 'annotation' } }
const linesOf = (faults: readonly Fault[]) => faults.map(fault => `${fault.code} ${fault.line()}`)

export interface Stage {
  readonly template?: object | undefined
  readonly creationPolicy?: string
  readonly fetched?: Texts
  readonly sources?: Readonly<Record<string, Texts | undefined>>
}

const specOf = ({ template, creationPolicy }: Stage): ExternalSecretSpec =>
  ExternalSecretSpec.parse({ target: { template, creationPolicy } })

export const partsOf = (engine: Pick<Engine, 'render'>, stage: Stage): Promise<Parts> =>
  renderParts(specOf(stage).target.template, valuesOf(stage.fetched ?? {}), sourcesOf(stage.sources ?? {}), engine)

export const shapeOf = async (engine: Pick<Engine, 'render'>, stage: Stage): Promise<ShapedSecret> => {
  const made = await partsOf(engine, stage)
  return 'faults' in made ? made : shapeSecret(specOf(stage), metadata, valuesOf(stage.fetched ?? {}), made.parts)
}

/** The whole stage: lines of its faults, or the Secret with its bytes as latin1. */
export const run = async (engine: Pick<Engine, 'render'>, stage: Stage) => {
  const made = await shapeOf(engine, stage)
  if ('faults' in made) return linesOf(made.faults)
  const data = Object.fromEntries([...made.data].map(([key, value]) => [key, value.reveal().toString('latin1')]))
  return { ...made, data }
}
