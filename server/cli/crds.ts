import { stringify } from 'yaml'
import { customResourceDefinitions } from '#api'

/** One YAML document. No anchors and no folding: kubectl and people read the same text. */
export const manifest = (object: unknown): string => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })

/** `latchkey crds`: the CustomResourceDefinitions as YAML, ready for `kubectl apply --server-side -f -`. */
export const crds = (write: (text: string) => void): void => {
  for (const crd of customResourceDefinitions()) write(`---\n${manifest(crd)}`)
}
