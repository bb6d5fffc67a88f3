import type { ExternalSecret } from '#api'
import { show } from '#core'
import { protectedKind, replacesFetched } from '#materialize'
import { type Context, type Draft, fromFault, type Rule } from '../findings.ts'

type Manifest = NonNullable<ExternalSecret['spec']['target']['manifest']>

const path = 'spec.target.manifest'
const longestKind = 63
const kindPattern = /^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$/
const versionPattern = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
const groupPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

const isApiVersion = (text: string): boolean => {
  const [first = '', second, ...more] = text.split('/')
  if (second === undefined) return versionPattern.test(first)
  return more.length === 0 && first.length <= 253 && groupPattern.test(first) && versionPattern.test(second)
}

const syntax = ({ apiVersion, kind }: Manifest): Draft[] => [
  ...(isApiVersion(apiVersion)
    ? []
    : [
        {
          path: `${path}.apiVersion`,
          message: `${show(apiVersion)} is no API version`,
          remedy: 'write it as v1 or apps.example.com/v1',
        },
      ]),
  ...(kind.length <= longestKind && kindPattern.test(kind)
    ? []
    : [{ path: `${path}.kind`, message: `${show(kind)} is no kind`, remedy: 'write it as ConfigMap' }]),
]

/** What Latchkey does not do here is no reason to refuse where another process reconciles. */
const switchedOff = ({ genericTargets, reconciledElsewhere }: Context): Draft[] =>
  genericTargets === false
    ? [
        {
          path,
          message: 'targets other than Secrets are switched off',
          remedy: 'make a Secret, or have Latchkey started with --unsafe-allow-generic-targets and rights on the kind',
          level: reconciledElsewhere ? 'warn' : 'deny',
        },
      ]
    : []

/** ESO would put the values where a Secret has no field, and the API server would drop them without a word. */
const isBareSecret = ({ manifest, template }: ExternalSecret['spec']['target']): boolean =>
  manifest?.apiVersion === 'v1' && manifest.kind === 'Secret' && !replacesFetched(template ?? {})

const bareSecret: Draft = {
  path,
  message: 'a Secret has no field for the fetched values here',
  remedy: 'leave it out: a Secret is what is made without it',
}

export const manifestTarget: Rule<ExternalSecret> = {
  id: 'manifest-target',
  doc: 'A manifest target is a kind that may be written, and Latchkey runs with --unsafe-allow-generic-targets.',
  check: ({ spec: { target } }, context) => {
    if (!target.manifest) return []
    const wrong = syntax(target.manifest)
    if (wrong.length > 0) return wrong
    const refused = protectedKind(target.manifest)
    if (refused) return [fromFault(refused)]
    return isBareSecret(target) ? [bareSecret] : switchedOff(context)
  },
}
