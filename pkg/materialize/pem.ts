import { X509Certificate } from 'node:crypto'

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g
const packed = /^[A-Za-z0-9+/]+={0,2}$/

const certificates = (text: string): readonly string[] | undefined => {
  const blocks = text.match(block)
  try {
    for (const pem of blocks ?? []) new X509Certificate(pem)
    return blocks ?? undefined
  } catch {
    return undefined
  }
}

/** From when until when the certificates of PEM text are valid, by subject; the text is one that `caCertificates` gave. */
export const validityOf = (
  pem: string,
): readonly { readonly subject: string; readonly from: Date; readonly to: Date }[] =>
  (pem.match(block) ?? []).map(each => {
    const { subject, validFromDate: from, validToDate: to } = new X509Certificate(each)
    return { subject, from, to }
  })

/**
 * The certificates of a caBundle as PEM text: written as PEM, as base64 of PEM (what the API's format says), or packed twice,
 * which ESO takes too. Undefined where there is none, or one that cannot be parsed. Expiry is not looked at: no clock here.
 */
export const caCertificates = (bundle: string): string | undefined => {
  let text = bundle
  for (let unpacked = 0; unpacked <= 2; unpacked++) {
    const found = certificates(text)
    if (found !== undefined) return `${found.join('\n')}\n`
    const dense = text.replaceAll(/\s/g, '')
    if (!packed.test(dense)) return undefined
    text = Buffer.from(dense, 'base64').toString('latin1')
  }
  return undefined
}
