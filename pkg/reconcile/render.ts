import type { Template } from '#api'
import { Fault, Sensitive } from '#core'
import {
  mostSources,
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
import type { CredentialReader } from './ports.ts'

/** Of the texts of one ExternalSecret, before they are rendered. Bytes. */
const mostTexts = 4 * 1024 * 1024

/** Whose template it is: where its objects are, and where it stands in the manifest. */
interface Templating {
  readonly template: Template | undefined
  readonly namespace: string
  readonly path: string
  readonly credentials: CredentialReader
}

const readObject = async (
  { namespace, credentials }: Templating,
  { kind, name }: TemplateSource,
  signal: AbortSignal,
): Promise<Values | undefined> => {
  if (kind === 'Secret') return credentials.secret(namespace, name, signal)
  const texts = await credentials.configMap(namespace, name, signal)
  return texts && new Map([...texts].map(([key, text]) => [key, Sensitive.text(text)]))
}

const tooMuch = ({ path }: Templating, what: string): Fault =>
  new Fault('SpecInvalid', what, {
    path: `${path}.templateFrom`,
    remedy: 'take fewer and smaller ones, or split the object into several',
  })

/**
 * The ConfigMaps and Secrets that the template takes texts from, read now, one after the other: they are a tenant's, and the
 * connections to the API server are everybody's. Throws Fault.
 */
export const readSources = async (templating: Templating, signal: AbortSignal): Promise<Sources> => {
  const sources = templateSources(templating.template)
  if (sources.length > mostSources) {
    throw tooMuch(templating, `names ${sources.length} ConfigMaps and Secrets, ${mostSources} are allowed`)
  }
  const read = new Map<string, Values | undefined>()
  let total = 0
  for (const source of sources) {
    const object = await readObject(templating, source, signal)
    const wanted = object && new Map([...object].filter(([key]) => source.keys.has(key)))
    for (const value of wanted?.values() ?? []) total += value.size
    if (total > mostTexts)
      throw tooMuch(templating, `its ConfigMaps and Secrets hold more than ${mostTexts} bytes of texts`)
    read.set(sourceKey(source), wanted)
  }
  return read
}

/** What the fetched data and the template make together. */
export interface Shaped {
  readonly data: Values
  readonly shape: SecretShape
}

/** Everything that the template prints over the fetched data, lowest precedence first. Throws Fault or Refused. */
export const renderTexts = async (pass: Pass, fetched: Values): Promise<readonly Part[]> => {
  const { externalSecret, deps, signal } = pass
  const { template } = externalSecret.spec.target
  const { namespace = '' } = externalSecret.metadata
  const path = 'spec.target.template'
  const sources = await readSources({ template, namespace, path, credentials: deps.credentials }, signal)
  const rendered = await renderParts(template, fetched, sources, engineOf(pass))
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
