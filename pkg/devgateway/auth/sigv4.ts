import { createHash, createHmac } from 'node:crypto'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Names of signed headers in lower case, with their values. */
export type Headers = ReadonlyMap<string, string>

/** The Authorization header of AWS Signature Version 4, taken apart. */
export interface Authorization {
  readonly accessKeyId: string
  /** yyyymmdd */
  readonly day: string
  readonly region: string
  readonly service: string
  /** In the order of the header. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

export const readAuthorization = (header: string): Authorization | undefined => {
  const [whole, accessKeyId = '', day = '', region = '', service = '', signed = '', signature = ''] =
    form.exec(header) ?? []
  if (whole === undefined) return undefined
  return { accessKeyId, day, region, service, signedHeaders: signed.split(';'), signature }
}

/** The signature, in hex, that a POST to the root of a host has to carry. `date` is x-amz-date. */
export const signatureOf = (
  secret: string,
  { day, region, service, signedHeaders }: Authorization,
  request: { readonly headers: Headers; readonly body: string; readonly date: string },
): string => {
  const canonicalHeaders = signedHeaders.map(name => {
    const value = request.headers.get(name) ?? ''
    return `${name}:${value.trim().replace(/ +/g, ' ')}\n`
  })
  const canonical = ['POST', '/', '', canonicalHeaders.join(''), signedHeaders.join(';'), sha256(request.body)]
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', request.date, scope, sha256(canonical.join('\n'))].join('\n')
  const key = [region, service, 'aws4_request'].reduce((last, next) => hmac(last, next), hmac(`AWS4${secret}`, day))
  return hmac(key, text).toString('hex')
}
