import type { AuthType, Logins } from './type.ts'

// the audience is in the token; ESO sends this beside it whatever the store says (akeyless.md §4)
const audienceField = 'akeyless.io'

/** An ID token of Google for the audience that the auth method expects (akeyless.md §4.4). */
export const gcp: AuthType<Logins['gcp']> = {
  op: 'auth',
  fields: async ({ accessId, audience }, proofs, signal) => ({
    'access-type': 'gcp',
    'access-id': accessId,
    'cloud-id': await proofs.gcp(audience, signal),
    'gcp-audience': audienceField,
  }),
  traits: ({ accessId, audience }) => [accessId, audience],
}
