import { z } from 'zod'
import { trusted } from './claims.ts'
import { part, proof } from './proof.ts'

/** access-type jwt and oidc: a token of the configured issuer, in `jwt` as it is. */
export const jwt = proof('jwt', z.object({ jwt: part }), (identity, given, world) =>
  trusted(given.jwt, identity, world.now()),
)
