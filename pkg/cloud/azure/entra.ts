import { Sensitive } from '#core'
import { type Members, membersOf, objectIn, retryAfter, tokenIn } from '../answer.ts'
import type { Answer } from '../line.ts'
import { unavailable } from '../unavailable.ts'
import type { Lasting, World } from '../world.ts'
import { authorityOf, cloudInEnv, publicCloud } from './clouds.ts'

const who = 'Microsoft Entra'

/** Somebody who asks for a token: an application in a tenant, and how it proves itself. */
export interface Client {
  readonly tenant: string
  readonly id: string
  /** Form fields that prove it; `audience` is the URL that is asked. */
  readonly proof: (audience: string) => Readonly<Record<string, string | Sensitive>>
}

// of what Entra says only these are told apart: its own words never leave (security.md T2)
const refusals: ReadonlyMap<number, string> = new Map([
  [50049, 'the tenant is unknown'],
  [53003, 'a conditional access policy forbids it'],
  [70021, 'no federated credential of the application matches issuer, subject and audience of the token'],
  [90002, 'the tenant is unknown'],
  [700016, 'the tenant has no such application'],
  [700024, 'the token has expired, or the clocks differ'],
  [700027, 'the application does not know the certificate'],
  [700211, 'no federated credential of the application matches the issuer of the token'],
  [700212, 'no federated credential of the application matches the audience of the token'],
  [700213, 'no federated credential of the application matches the subject of the token'],
  [7000215, 'the client secret is wrong'],
  [7000222, 'the client secret has expired'],
])

const refused = (answer: Answer) => {
  const codes = membersOf(answer.body.toString('utf8'))?.numbers('error_codes') ?? []
  const reason = codes.map(code => refusals.get(code)).find(Boolean)
  const remedy = 'check tenant, client id and the credentials of the application'
  const what = `${who} refuses the application with HTTP ${answer.status}${reason ? `: ${reason}` : ''}`
  return unavailable(what, remedy, retryAfter(answer))
}

/** An access token with the end that its answer states, as Azure states it: seconds from now, or since 1970; as text or number. */
export const accessToken = (said: Members, nowMs: number, issuer: string): Lasting<Sensitive> => {
  const value = Sensitive.text(tokenIn(said.text('access_token'), issuer))
  const inSeconds = said.number('expires_in')
  return { value, endsAt: inSeconds === undefined ? (said.number('expires_on') ?? 0) * 1000 : nowMs + inSeconds * 1000 }
}

// a tenant is a GUID or a domain, and becomes a part of a path; it may come from an annotation
const tenantForm = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/

/** A token for Azure Resource Manager by client credentials (OAuth 2.0, v2.0 endpoint). Throws IdentityUnavailable. */
export const askEntra = async (world: World, client: Client, signal: AbortSignal): Promise<Lasting<Sensitive>> => {
  if (!tenantForm.test(client.tenant)) throw unavailable('the Azure tenant id is none', 'use a GUID or a domain name')
  const cloud = cloudInEnv(world) ?? publicCloud
  const url = `${authorityOf(world, cloud)}/${client.tenant}/oauth2/v2.0/token`
  const form = {
    grant_type: 'client_credentials',
    client_id: client.id,
    scope: `${cloud.management}/.default`,
    ...client.proof(url),
  }
  const askedAt = world.now()
  const answer = await world.line({ who, method: 'POST', url, place: 'public', form }, signal)
  if (answer.status !== 200) throw refused(answer)
  return accessToken(objectIn(answer, who), askedAt, who)
}

/** A JWT of somebody else, or of our own certificate, as proof. */
export const assertion = (jwt: Sensitive) => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: jwt,
})
