import { Sensitive } from '#core'
import { badRequest } from '../refusal.ts'
import type { Proof } from './proof.ts'

/** access-type access_key: the key itself is the proof. */
export const accessKey: Proof = (identity, body) => {
  const key = body['access-key']
  if (typeof key !== 'string' || key === '') throw badRequest('missing or invalid parameter - access-key')
  return identity.type === 'api_key' && Sensitive.text(key).equals(Sensitive.text(identity.accessKey))
}
