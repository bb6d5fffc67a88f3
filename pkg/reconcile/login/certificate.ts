import { Sensitive } from '#core'
import { type Found, invalid } from './selectors.ts'

// a chain of ten, with large keys
const longest = 64 * 1024
const mark = /-----(BEGIN|END) ([A-Z0-9 ]{1,40})-----/g

interface Block {
  readonly label: string
  readonly whole: string
}

/** PEM blocks in one walk over the text: whatever a tenant puts there, it costs no more than its length (security.md T34). */
const blocksOf = (text: string): readonly Block[] => {
  const blocks: Block[] = []
  let open: { label: string; at: number } | undefined
  for (const { 0: whole, 1: side, 2: label = '', index } of text.matchAll(mark)) {
    if (side === 'BEGIN') open = { label, at: index }
    else if (open?.label === label) {
      blocks.push({ label, whole: text.slice(open.at, index + whole.length) })
      open = undefined
    }
  }
  return blocks
}

const isEncrypted = ({ label, whole }: Block): boolean =>
  label.startsWith('ENCRYPTED') || /^Proc-Type:.*ENCRYPTED/m.test(whole)

/** The certificates and the one private key of a PEM text. Throws Fault where either is not there, or cannot be used. */
export const certificateAndKey = (found: Found): { readonly certificate: Sensitive; readonly key: Sensitive } => {
  const remedy = 'put the certificate and its private key there, both in PEM, one after the other'
  if (found.value.size > longest) throw invalid(found, `is longer than ${longest / 1024} KiB`, remedy)
  const blocks = blocksOf(found.value.reveal().toString('latin1'))
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE')
  const [key, ...more] = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'))
  if (certificates.length === 0) throw invalid(found, 'holds no certificate', remedy)
  if (!key || more.length > 0) throw invalid(found, `holds ${key ? 'more than one' : 'no'} private key`, remedy)
  if (isEncrypted(key)) throw invalid(found, 'holds an encrypted private key', 'store it without a passphrase')
  return {
    certificate: Sensitive.bytes(Buffer.from(`${certificates.map(({ whole }) => whole).join('\n')}\n`, 'latin1')),
    key: Sensitive.bytes(Buffer.from(`${key.whole}\n`, 'latin1')),
  }
}
