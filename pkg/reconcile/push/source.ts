import { createHash } from 'node:crypto'
import type { LabelSelector, PushSecret } from '#api'
import { Fault, show } from '#core'
import { type PushSource, templated, unsupportedPush, type Values } from '#materialize'
import { Refused } from '../pass.ts'
import { readSources } from '../render.ts'
import type { PushPass } from './pass.ts'
import type { SourceSecret } from './ports.ts'

/** The Secrets to push, and what tells them from what they were and will be. */
export interface Source {
  readonly secrets: readonly SourceSecret[]
  readonly version: string
}

const requirement = ({
  key,
  operator,
  values = [],
}: NonNullable<LabelSelector['matchExpressions']>[number]): string => {
  switch (operator) {
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
    default:
      return `${key} ${operator.toLowerCase()} (${values.join(',')})`
  }
}

/** A selector as the API server takes it in a query. */
export const selectorText = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string =>
  [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...matchExpressions.map(requirement)].join(
    ',',
  )

/** As in the status: the version of the one Secret; of several, a digest of all names and versions. */
const versionOf = (secrets: readonly SourceSecret[], isNamed: boolean): string => {
  if (isNamed) return secrets[0]?.resourceVersion ?? ''
  const all = secrets.map(({ name, resourceVersion }) => `${name}@${resourceVersion}`).sort()
  return createHash('sha256').update(all.join('\n')).digest('hex').slice(0, 32)
}

// of all Secrets that one PushSecret pushes, however many there are: they are in memory together
const mostBytes = 8 * 1024 * 1024
const mostSecrets = 1_000
// what a key takes besides its name and value
const keyBytes = 100

const bytesOf = (values: Values): number =>
  [...values].reduce((sum, [key, value]) => sum + keyBytes + key.length + value.size, 0)

const tooMany = (what: string): Fault =>
  new Fault('SecretTooLarge', what, {
    path: 'spec.selector.secret.selector',
    remedy: 'select fewer, or make several PushSecrets that name one each',
  })

/** All Secrets that labels choose; no more are read than may be pushed. Throws Fault. */
const selected = async ({ deps, pushSecret, signal }: PushPass, selector: LabelSelector) => {
  const secrets: SourceSecret[] = []
  let bytes = 0
  const take = (secret: SourceSecret): void => {
    bytes += bytesOf(secret.values)
    if (bytes > mostBytes) throw tooMany(`the Secrets with these labels hold more than ${mostBytes / 1024 / 1024} MiB`)
    if (secrets.push(secret) > mostSecrets) throw tooMany(`more than ${mostSecrets} Secrets have these labels`)
  }
  await deps.sources.list(pushSecret.metadata.namespace ?? '', selectorText(selector), take, signal)
  return secrets
}

/** The one Secret that is pushed; undefined where labels choose. */
export const sourceName = ({ spec }: PushSecret): string | undefined => spec.selector.secret?.name

/** Reads the Secrets to push, now; none where there is none. Throws Fault. */
export const readSource = async (pass: PushPass): Promise<Source> => {
  const { deps, pushSecret, signal } = pass
  const { namespace = '' } = pushSecret.metadata
  const { secret } = pushSecret.spec.selector
  // the rules let nothing else pass; without this it would be all Secrets of the namespace
  if (!secret) throw new Refused(unsupportedPush(pushSecret.spec))
  if (secret.name) {
    const found = await deps.sources.read(namespace, secret.name, signal)
    const secrets = found ? [found] : []
    return { secrets, version: versionOf(secrets, true) }
  }
  const secrets = await selected(pass, secret.selector ?? {})
  return { secrets, version: versionOf(secrets, false) }
}

/** That there is nothing to push. */
export const missingSource = (pushSecret: PushSecret): Fault => {
  const name = sourceName(pushSecret)
  return name === undefined
    ? new Fault('SourceMissing', 'no Secret in this namespace has these labels', {
        path: 'spec.selector.secret.selector',
        remedy: 'label a Secret, or correct the selector',
      })
    : new Fault('SourceMissing', `there is no Secret ${show(name)} in this namespace`, {
        path: 'spec.selector.secret.name',
        remedy: `create it, or name another one`,
      })
}

const tooMuchMade = (): Fault =>
  new Fault('SecretTooLarge', `the Secrets hold more than ${mostBytes / 1024 / 1024} MiB with what the template adds`, {
    path: 'spec.template',
    remedy: 'make fewer or smaller keys, or select fewer Secrets',
  })

/** What of each Secret is pushed, after the template. Throws Fault or Refused: nothing is pushed then. */
export const renderSources = async (pass: PushPass, { secrets }: Source): Promise<readonly PushSource[]> => {
  const { deps, pushSecret, signal } = pass
  const { template } = pushSecret.spec
  const { namespace = '' } = pushSecret.metadata
  const path = 'spec.template'
  const texts = await readSources({ template, namespace, path, credentials: deps.credentials }, signal)
  const made: PushSource[] = []
  let bytes = 0
  for (const { name, values } of secrets) {
    const rendered = await templated(template, values, texts, deps.engine.of(namespace))
    if ('faults' in rendered) throw new Refused(rendered.faults)
    if (template) bytes += bytesOf(rendered.values)
    if (bytes > mostBytes) throw tooMuchMade()
    made.push({ name, values: rendered.values })
  }
  return made
}
