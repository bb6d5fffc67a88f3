import { Sensitive } from '#core'
import type { Members } from '../answer.ts'
import { unavailable } from '../unavailable.ts'
import type { Lasting, World } from '../world.ts'

/** What signs a request to AWS. */
export interface AwsKeys {
  /** Not secret: it stands in every signed request. */
  readonly id: string
  readonly secret: Sensitive
  readonly session: Sensitive | undefined
}

/** Keys, or why this source has none to give. */
export type Looked = Lasting<AwsKeys> | { readonly why: string; readonly remedy?: string | undefined }

/** One place where AWS keys may come from. Throws IdentityUnavailable where it is meant to be used and fails. */
export interface Source {
  readonly name: string
  look(world: World, signal: AbortSignal): Promise<Looked>
}

const plain = /^[\x21-\x7e]+$/

/** Keys from three texts and the time they end. Throws IdentityUnavailable where one is missing or cannot stand in a header. */
export const keysFrom = (
  said: { id: string | undefined; secret: string | undefined; session: string | undefined; ends?: string | undefined },
  who: string,
): Lasting<AwsKeys> => {
  const { id, secret, session, ends } = said
  if (!id || !secret) throw unavailable(`${who} gives no access key id and secret`)
  if (![id, secret, session ?? '-'].every(text => plain.test(text)))
    throw unavailable(`${who} gives keys that are none`)
  const endsAt = ends === undefined ? 0 : Date.parse(ends) || 0
  return {
    value: { id, secret: Sensitive.text(secret), session: session === undefined ? undefined : Sensitive.text(session) },
    endsAt,
  }
}

/** The JSON in which container endpoints and IMDS hand out keys. */
export const keysInJson = (members: Members, who: string): Lasting<AwsKeys> =>
  keysFrom(
    {
      id: members.text('AccessKeyId'),
      secret: members.text('SecretAccessKey'),
      session: members.text('Token'),
      ends: members.text('Expiration'),
    },
    who,
  )
