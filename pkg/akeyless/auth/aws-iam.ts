import type { AuthType, Logins } from './type.ts'

/** A call to AWS that Akeyless makes in our name to learn who signed it (akeyless.md §4.2). */
export const awsIam: AuthType<Logins['aws_iam']> = {
  op: 'auth',
  fields: async ({ accessId }, proofs, signal) => ({
    'access-type': 'aws_iam',
    'access-id': accessId,
    'cloud-id': await proofs.aws(signal),
  }),
  traits: ({ accessId }) => [accessId],
}
