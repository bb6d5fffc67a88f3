import type { ClusterExternalSecret, ClusterPushSecret } from '#api'
import type { Draft, Rule } from '../findings.ts'
import { labelSelectorDrafts } from './selector.ts'

type Older = Pick<ClusterExternalSecret['spec'], 'namespaceSelector' | 'namespaces'>

const nowhere: Draft = {
  path: 'spec',
  // ESO takes such an object, and an empty list may be how somebody switches it off
  message: 'selects no namespaces',
  remedy: 'add namespaceSelectors, as - matchLabels: {team: a}',
  level: 'warn',
}

const deprecated = ({ namespaceSelector, namespaces }: Older): Draft[] => [
  ...(namespaceSelector
    ? [
        {
          path: 'spec.namespaceSelector',
          message: 'is deprecated',
          remedy: 'write it as an entry of namespaceSelectors',
          level: 'warn' as const,
        },
      ]
    : []),
  ...(namespaces
    ? [
        {
          path: 'spec.namespaces',
          message: 'is deprecated',
          remedy: 'select by the label kubernetes.io/metadata.name in namespaceSelectors',
          level: 'warn' as const,
        },
      ]
    : []),
]

export const namespaceSelection: Rule<ClusterExternalSecret | ClusterPushSecret> = {
  id: 'namespace-selection',
  doc: 'What is made in many namespaces has selectors that work; one that selects none, and deprecated fields, are warned about.',
  warns: true,
  check: ({ spec }) => {
    const older: Older = 'externalSecretSpec' in spec ? spec : {}
    const { namespaceSelector, namespaces = [] } = older
    const { namespaceSelectors = [] } = spec
    const found = namespaceSelectors.length + namespaces.length + (namespaceSelector ? 1 : 0)
    return [
      ...(found > 0 ? [] : [nowhere]),
      ...labelSelectorDrafts('spec.namespaceSelector', namespaceSelector),
      ...namespaceSelectors.flatMap((each, index) => labelSelectorDrafts(`spec.namespaceSelectors[${index}]`, each)),
      ...deprecated(older),
    ]
  },
}
