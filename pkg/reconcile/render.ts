import { Sensitive } from '#core'
import {
  type Part,
  renderParts,
  type SecretShape,
  type Sources,
  shapeSecret,
  sourceKey,
  type TemplateSource,
  templateSources,
  type Values,
} from '#materialize'
import { engineOf, type Pass, Refused } from './pass.ts'

const readSource = async (
  { deps, externalSecret, signal }: Pass,
  { kind, name }: TemplateSource,
): Promise<Values | undefined> => {
  const { namespace = '' } = externalSecret.metadata
  if (kind === 'Secret') return deps.credentials.secret(namespace, name, signal)
  const texts = await deps.credentials.configMap(namespace, name, signal)
  return texts && new Map([...texts].map(([key, text]) => [key, Sensitive.text(text)]))
}

/** The ConfigMaps and Secrets that the template takes texts from, read now. Throws Fault. */
const readSources = async (pass: Pass): Promise<Sources> => {
  const sources = templateSources(pass.externalSecret.spec.target.template)
  const read = sources.map(async source => [sourceKey(source), await readSource(pass, source)] as const)
  return new Map(await Promise.all(read))
}

/** What the fetched data and the template make together. */
export interface Shaped {
  readonly data: Values
  readonly shape: SecretShape
}

/** Everything that the template prints over the fetched data, lowest precedence first. Throws Fault or Refused. */
export const renderTexts = async (pass: Pass, fetched: Values): Promise<readonly Part[]> => {
  const { template } = pass.externalSecret.spec.target
  const rendered = await renderParts(template, fetched, await readSources(pass), engineOf(pass))
  if ('faults' in rendered) throw new Refused(rendered.faults)
  return rendered.parts
}

/** The Secret besides what is there already (compatibility.md §3). Throws Fault or Refused. */
export const render = async (pass: Pass, fetched: Values): Promise<Shaped> => {
  const { spec, metadata } = pass.externalSecret
  const shaped = shapeSecret(spec, metadata, fetched, await renderTexts(pass, fetched))
  if ('faults' in shaped) throw new Refused(shaped.faults)
  const { data, ...shape } = shaped
  return { data, shape }
}
