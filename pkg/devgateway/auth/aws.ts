import { z } from 'zod'
import { Sensitive } from '#core'
import type { AwsKey, IdentityOf } from '../identity.ts'
import type { Claims } from '../roles.ts'
import { Base64Text, unbase64 } from './cloud-id.ts'
import { bound, part, proof } from './proof.ts'
import { type Authorization, type Headers, readAuthorization, signatureOf } from './sigv4.ts'

const windowMs = 15 * 60e3
const question = 'Action=GetCallerIdentity&Version=2011-06-15'

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const one = z.union([z.string(), z.number()]).transform(String)

/** The caller's signed question to STS. akeyless.md §4.2 */
const CloudId = z.object({
  sts_request_method: z.literal('POST'),
  sts_request_url: Base64Text,
  sts_request_body: Base64Text.pipe(z.literal(question)),
  sts_request_headers: Base64Text.transform(json).pipe(
    z.record(z.string(), z.union([one, z.tuple([one]).transform(([value]) => value)])),
  ),
})

/** Host and region of an STS endpoint; undefined for any other address, however it is signed. */
const endpointOf = (url: string): { host: string; region: string } | undefined => {
  const [, host, region = 'us-east-1'] =
    /^https:\/\/(sts(?:\.([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?)\/?$/.exec(url) ?? []
  return host === undefined ? undefined : { host, region }
}

/** x-amz-date, as 20260102T030405Z; NaN for another form. */
const timeOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

/** STS wants these signed: else they could be exchanged. */
const areSigned = (headers: Headers, signed: readonly string[]): boolean =>
  ['host', 'x-amz-date', ...[...headers.keys()].filter(name => name.startsWith('x-amz-'))].every(
    name => signed.includes(name) && headers.has(name),
  )

interface Question {
  readonly authorization: Authorization
  readonly headers: Headers
  readonly date: string
}

const questionIn = (cloudId: string): Question | undefined => {
  const read = CloudId.safeParse(json(unbase64(cloudId) ?? '')).data
  const endpoint = read && endpointOf(read.sts_request_url)
  if (!endpoint) return undefined
  const sent = Object.entries(read.sts_request_headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  // the connection decides the host, whatever a header says
  const headers = new Map([...sent, ['host', endpoint.host] as const])
  const authorization = readAuthorization(headers.get('authorization') ?? '')
  if (authorization?.region !== endpoint.region || authorization.service !== 'sts') return undefined
  const length = headers.get('content-length') ?? String(question.length)
  if (length !== String(question.length) || !areSigned(headers, authorization.signedHeaders)) return undefined
  return { authorization, headers, date: headers.get('x-amz-date') ?? '' }
}

const isSignedBy = (key: AwsKey, { authorization, headers, date }: Question): boolean => {
  if ((headers.get('x-amz-security-token') ?? '') !== (key.sessionToken ?? '')) return false
  const signature = signatureOf(key.secretAccessKey, authorization, { headers, body: question, date })
  return Sensitive.text(signature).equals(Sensitive.text(authorization.signature))
}

const isCurrent = ({ authorization, date }: Question, now: Date): boolean =>
  date.startsWith(`${authorization.day}T`) && Math.abs(now.getTime() - timeOf(date)) <= windowMs

const roleIn = (arn: string): string | undefined => /:(?:assumed-role|role)\/(?:.*\/)?([^/]+?)$/.exec(roleArn(arn))?.[1]

/** An assumed role carries the name of its session at the end. */
const roleArn = (arn: string): string => (arn.includes(':assumed-role/') ? arn.slice(0, arn.lastIndexOf('/')) : arn)

const admits = (identity: IdentityOf<'aws_iam'>, arn: string): Claims | undefined => {
  const account = arn.split(':')[4]
  const role = roleIn(arn)
  if (!bound(identity.accounts, account) || !bound(identity.arns, arn) || !bound(identity.roles, role)) return undefined
  return new Map([
    ['account_id', account === undefined ? [] : [account]],
    ['arn', [arn]],
    ['role_name', role === undefined ? [] : [role]],
  ])
}

/** access-type aws_iam: a question to STS, signed by a key pair of the seed within 15 minutes. akeyless.md §4.2 */
export const aws = proof('aws_iam', z.object({ 'cloud-id': part }), (identity, given, world) => {
  const asked = questionIn(given['cloud-id'])
  const key = asked && world.awsKeys.get(asked.authorization.accessKeyId)
  if (!key || !isCurrent(asked, world.now()) || !isSignedBy(key, asked)) return undefined
  return admits(identity, key.arn)
})
