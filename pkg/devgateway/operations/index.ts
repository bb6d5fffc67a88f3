import { auth, validateToken } from '../auth/index.ts'
import { uidRotateToken } from '../auth/universal-identity.ts'
import type { Operation } from '../operation.ts'
import { describeItem, describePermissions, getTags, listItems } from './look.ts'
import { getCertificateValue, getDynamicSecretValue, getRotatedSecretValue, getSecretValue } from './read.ts'
import {
  createCertificate,
  createSecret,
  deleteItem,
  setItemState,
  updateCertificateValue,
  updateItem,
  updateSecretVal,
} from './write.ts'

/** Every operation by its name in the URL; all others are 404. akeyless.md §8.2 */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ['auth', auth],
  ['validate-token', validateToken],
  ['uid-rotate-token', uidRotateToken],
  ['describe-item', describeItem],
  ['describe-permissions', describePermissions],
  ['list-items', listItems],
  ['get-tags', getTags],
  ['get-secret-value', getSecretValue],
  ['get-dynamic-secret-value', getDynamicSecretValue],
  ['dynamic-secret-get-value', getDynamicSecretValue],
  ['get-rotated-secret-value', getRotatedSecretValue],
  ['rotated-secret-get-value', getRotatedSecretValue],
  ['get-certificate-value', getCertificateValue],
  ['create-secret', createSecret],
  ['update-secret-val', updateSecretVal],
  ['update-item', updateItem],
  ['set-item-state', setItemState],
  ['delete-item', deleteItem],
  ['create-certificate', createCertificate],
  ['update-certificate-value', updateCertificateValue],
])
