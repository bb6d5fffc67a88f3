import { z } from 'zod'
import { Sensitive } from '#core'
import { noClaims, part, proof } from './proof.ts'

/** access-type access_key: the key itself is the proof. */
export const accessKey = proof('api_key', z.object({ 'access-key': part }), (identity, given) =>
  Sensitive.text(given['access-key']).equals(Sensitive.text(identity.accessKey)) ? noClaims : undefined,
)
