import { createPrivateKey, hkdfSync } from 'node:crypto'
import { Sensitive } from '#core'

// another label gives another token: it must be the same in all replicas, and so in all versions that run side by side
const label = 'latchkey webhook path v1'
const bytes = 32

/** A text for a URL that only holders of the CA key can know: replicas agree on it without telling each other. */
export const deriveToken = (key: Sensitive): Sensitive => {
  // the key as such, and not how its PEM happens to be written
  const der = createPrivateKey(key.reveal()).export({ type: 'pkcs8', format: 'der' })
  return Sensitive.text(Buffer.from(hkdfSync('sha256', der, '', label, bytes)).toString('base64url'))
}
