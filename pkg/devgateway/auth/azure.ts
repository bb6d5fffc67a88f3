import { z } from 'zod'
import { claim, trusted } from './claims.ts'
import { unbase64 } from './cloud-id.ts'
import { bound, part, proof } from './proof.ts'

/** access-type azure_ad: an access token of the directory, in base64. akeyless.md §4.3 */
export const azure = proof('azure_ad', z.object({ 'cloud-id': part }), async (identity, given, world) => {
  const claims = await trusted(unbase64(given['cloud-id']) ?? '', identity, world.now())
  if (!claims) return undefined
  // appid in version 1 of the tokens, azp in version 2
  const clientId = claim(claims, 'appid') ?? claim(claims, 'azp')
  const admitted =
    bound(identity.tenantIds, claim(claims, 'tid')) &&
    bound(identity.objectIds, claim(claims, 'oid')) &&
    bound(identity.clientIds, clientId)
  return admitted ? claims : undefined
})
