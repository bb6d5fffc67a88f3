import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { newAuthority, newKey, newServing, type Pair } from './certificates.ts'

/** What a state folder keeps from one start to the next: the certificate authority, the token, the signing key. */
export interface Identity {
  readonly ca: string
  readonly token: string
  readonly files: {
    readonly ca: string
    readonly servingCert: string
    readonly servingKey: string
    readonly serviceAccountKey: string
    readonly tokens: string
  }
}

const write = (path: string, text: string): string => {
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const kept = (path: string, make: () => string): string => {
  if (!existsSync(path)) write(path, make())
  return readFileSync(path, 'utf8')
}

const authority = (folder: string, now: Date): Pair => {
  const cert = join(folder, 'ca.crt')
  const key = join(folder, 'ca.key')
  if (!existsSync(cert) || !existsSync(key)) {
    const made = newAuthority(now)
    write(key, made.key)
    write(cert, made.cert)
  }
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

/** Reads the identity of a state folder, making what is not there yet; the serving certificate is always new. */
export const openIdentity = (state: string, now: Date): Identity => {
  const folder = join(state, 'pki')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ca = authority(folder, now)
  const serving = newServing(ca, now)
  kept(join(folder, 'sa.key'), newKey)
  const tokens = kept(
    join(folder, 'tokens.csv'),
    () => `${randomBytes(32).toString('hex')},admin,admin,system:masters\n`,
  )
  return {
    ca: ca.cert,
    token: tokens.split(',')[0] ?? '',
    files: {
      ca: join(folder, 'ca.crt'),
      servingCert: write(join(folder, 'server.crt'), serving.cert),
      servingKey: write(join(folder, 'server.key'), serving.key),
      serviceAccountKey: join(folder, 'sa.key'),
      tokens: join(folder, 'tokens.csv'),
    },
  }
}

/** Writes the administrator's kubeconfig, complete in itself, and returns its path. */
export const writeKubeconfig = (state: string, server: string, identity: Identity): string => {
  const name = 'latchkey-dev'
  const cluster = { server, 'certificate-authority-data': Buffer.from(identity.ca).toString('base64') }
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name: 'admin', user: { token: identity.token } }],
    contexts: [{ name, context: { cluster: name, user: 'admin' } }],
    'current-context': name,
  })
  return write(join(state, 'kubeconfig'), text)
}
