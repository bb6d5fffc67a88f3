import type { Answer } from '../line.ts'
import { unavailable } from '../unavailable.ts'
import { fileOf, variable } from '../world.ts'
import { keysFrom, type Source } from './keys.ts'
import { globalSts, regionOf, stsHost } from './region.ts'

const who = 'AWS STS'

// of what STS says only these are told apart: its own words never leave (security.md T2)
const refusals: Readonly<Record<string, string>> = {
  AccessDenied: 'the trust policy of the role does not name this ServiceAccount',
  InvalidIdentityToken: 'the token is not valid, or its issuer is no identity provider of the account',
  ExpiredToken: 'the token has expired',
  ExpiredTokenException: 'the token has expired',
  IDPRejectedClaim: 'the identity provider rejects the token',
  IDPCommunicationError: 'AWS cannot reach the issuer of the token',
  RegionDisabledException: 'STS is switched off in this region',
  ValidationError: 'the role ARN or the token is malformed',
}

/** The text of the first element of this name; the elements that we read hold nothing but plain words. */
const element = (xml: string, name: string): string | undefined =>
  xml.match(new RegExp(`<${name}>\\s*([A-Za-z0-9+/=_:.-]{1,16384})\\s*</${name}>`))?.[1]

const refused = ({ status, body }: Answer) => {
  const reason = refusals[element(body.toString('utf8'), 'Code') ?? '']
  const remedy = 'check the role in AWS_ROLE_ARN and its trust policy'
  return unavailable(`${who} refuses the web identity with HTTP ${status}${reason ? `: ${reason}` : ''}`, remedy)
}

/** Keys of a role for the token of a ServiceAccount (IRSA): STS AssumeRoleWithWebIdentity. */
export const webIdentity: Source = {
  name: 'web identity',
  async look(world, signal) {
    const role = variable(world, 'AWS_ROLE_ARN')
    const path = variable(world, 'AWS_WEB_IDENTITY_TOKEN_FILE')
    if (!path) return { why: 'AWS_WEB_IDENTITY_TOKEN_FILE is not set' }
    if (!role) throw unavailable('AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not', 'set AWS_ROLE_ARN')
    const region = regionOf(world)
    const form = {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: variable(world, 'AWS_ROLE_SESSION_NAME') ?? 'latchkey',
      WebIdentityToken: await fileOf(world, 'AWS_WEB_IDENTITY_TOKEN_FILE', path),
    }
    const host = region === undefined ? globalSts : stsHost(region)
    const answer = await world.line({ who, method: 'POST', url: `https://${host}/`, place: 'public', form }, signal)
    if (answer.status !== 200) throw refused(answer)
    const xml = answer.body.toString('utf8')
    return keysFrom(
      {
        id: element(xml, 'AccessKeyId'),
        secret: element(xml, 'SecretAccessKey'),
        session: element(xml, 'SessionToken'),
        ends: element(xml, 'Expiration'),
      },
      who,
    )
  },
}
