import { createHash, createHmac } from 'node:crypto'
import { Sensitive } from '#core'
import type { AwsKeys } from './keys.ts'
import { globalSts, stsHost } from './region.ts'

const body = 'Action=GetCallerIdentity&Version=2011-06-15'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** How the older client libraries of Akeyless sign, the global endpoint; or the newer, one region (akeyless.md §4.2). */
const target = (region: string | undefined) =>
  region === undefined
    ? { region: 'us-east-1', host: globalSts, type: 'application/x-www-form-urlencoded; charset=utf-8' }
    : { region, host: stsHost(region), type: 'application/x-www-form-urlencoded' }

/**
 * A GetCallerIdentity request that Akeyless can send to STS in our name for a quarter of an hour, as /auth wants it: base64 of JSON
 * (akeyless.md §4.2). `region` undefined signs for the global endpoint.
 */
export const signedIdentity = (keys: AwsKeys, nowMs: number, region: string | undefined): Sensitive => {
  const to = target(region)
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const session = keys.session?.reveal().toString()
  const signed: readonly (readonly [string, string])[] = [
    ['content-length', String(body.length)],
    ['content-type', to.type],
    ['host', to.host],
    ['x-amz-date', time],
    ...(session === undefined ? [] : [['x-amz-security-token', session] as const]),
  ]
  const names = signed.map(([name]) => name).join(';')
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('')
  const scope = [time.slice(0, 8), to.region, 'sts', 'aws4_request']
  const request = `POST\n/\n\n${lines}\n${names}\n${digest(body)}`
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope.join('/')}\n${digest(request)}`
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${keys.secret.reveal()}`)
  const signature = hmac(key, text).toString('hex')
  const headers = {
    Authorization: [
      `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope.join('/')}, SignedHeaders=${names}, Signature=${signature}`,
    ],
    'Content-Length': [String(body.length)],
    'Content-Type': [to.type],
    'X-Amz-Date': [time],
    ...(session !== undefined && { 'X-Amz-Security-Token': [session] }),
  }
  const said = {
    sts_request_method: 'POST',
    sts_request_url: base64(`https://${to.host}/`),
    sts_request_body: base64(body),
    sts_request_headers: base64(JSON.stringify(headers)),
  }
  return Sensitive.text(base64(JSON.stringify(said)))
}
