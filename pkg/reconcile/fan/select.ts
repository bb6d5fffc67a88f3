import { selects } from '../namespaces.ts'
import type { Namespace } from '../ports.ts'
import type { Wish } from './kinds.ts'

/** Whether a namespace is to have a child: any selector or name is enough; one that is on its way out has none. */
export const isSelected = ({ selectors, names }: Wish, { name, labels, terminating }: Namespace): boolean =>
  !terminating && (names.includes(name) || selectors.some(selector => selects(selector, labels)))
