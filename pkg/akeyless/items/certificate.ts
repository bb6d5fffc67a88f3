import { z } from 'zod'
import { Sensitive, show } from '#core'
import { goString } from '../go-json.ts'
import { useless } from '../wire.ts'
import { cacheFields, type ItemReader } from './reader.ts'

const Answer = z
  .looseObject({ certificate_pem: z.string().nullish(), private_key_pem: z.string().nullish() })
  .transform(({ certificate_pem, private_key_pem }) => ({ certificate_pem, private_key_pem }))
  .refine(answer => Object.values(answer).some(pem => typeof pem === 'string'))

/** JSON of the two fields in this order, as Go prints the struct; one that the item does not have is left out. */
const certificateText = (answer: z.output<typeof Answer>): string => {
  const fields = [
    ['certificate_pem', answer.certificate_pem],
    ['private_key_pem', answer.private_key_pem],
  ] as const
  const present = fields.flatMap(([name, pem]) => (typeof pem === 'string' ? [`"${name}":${goString(pem)}`] : []))
  return `{${present.join(',')}}`
}

export const certificateReader: ItemReader = {
  lease: false,
  async read({ ask }, peer, ref, signal) {
    const op = 'get-certificate-value'
    const fields = { name: ref.path, version: ref.version, ...cacheFields(peer) }
    const body = await ask(peer, { op, fields, item: show(ref.path) }, signal)
    let answer: z.output<typeof Answer>
    try {
      answer = Answer.parse(JSON.parse(body.toString('utf8')))
    } catch {
      throw useless(peer.line.gateway.host, op, 'something that is no certificate')
    }
    return { type: 'CERTIFICATE', text: Sensitive.text(certificateText(answer)) }
  },
}
