import { z } from 'zod'
import { claim, trusted } from './claims.ts'
import { unbase64 } from './cloud-id.ts'
import { bound, part, proof } from './proof.ts'

/** access-type gcp: an ID token of Google, in base64. The `gcp-audience` of the body decides nothing. akeyless.md §4.4 */
export const gcp = proof('gcp', z.object({ 'cloud-id': part }), async (identity, given, world) => {
  const claims = await trusted(unbase64(given['cloud-id']) ?? '', identity, world.now())
  if (!claims) return undefined
  const email = claim(claims, 'email_verified') === 'true' ? claim(claims, 'email') : undefined
  return bound(identity.emails, email) ? claims : undefined
})
