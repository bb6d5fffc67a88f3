// One way to prove an identity per flow: its counterparts, what it is given, and how the proof is judged.
import { createHash, type KeyObject, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import forge from 'node-forge'
import { type AzureOf, type Cloud, type CloudOptions, createCloud } from '#cloud'
import { Fault, Sensitive } from '#core'
import { startAwsContainer, startAwsImds } from '../../support/cloud/aws-metadata.ts'
import { startAzureImds, startEntra } from '../../support/cloud/azure.ts'
import { startGcpMetadata, startGoogleTokens } from '../../support/cloud/google.ts'
import { createIssuer, createKeys, type Issuer, verified } from '../../support/cloud/jwt.ts'
import type { Scope, Seen } from '../../support/cloud/serve.ts'
import { startSts } from '../../support/cloud/sts.ts'

export const soon = (): AbortSignal => AbortSignal.timeout(20_000)

export interface Given {
  env?: Record<string, string | undefined>
  files?: Record<string, string>
  origins?: Record<string, string>
  options?: Partial<CloudOptions>
}

const missing = (path: string): Error => Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })

/** A client in a world of its own: this environment, these files, these origins; every other host is out of reach. */
export const cloudIn = ({ env = {}, files = {}, origins = {}, options = {} }: Given): Cloud =>
  createCloud({
    env,
    readFile: async path => files[path] ?? Promise.reject(missing(path)),
    now: Date.now,
    projectedToken: () => Promise.reject(new Fault('CredentialMissing', 'no ServiceAccount here')),
    origins: new Map(Object.entries(origins)),
    ...options,
  })

export const textOf = (cloudId: Sensitive): string => cloudId.reveal().toString()
/** The token in a cloud-id of Azure or Google. */
export const tokenOf = (cloudId: Sensitive): string => Buffer.from(textOf(cloudId), 'base64').toString()

/** Everything that can be printed of a thrown value. */
export const printed = (thrown: unknown): string => {
  const { message, stack, line } = thrown as Fault
  return [inspect(thrown, { depth: 9 }), JSON.stringify(thrown), message, stack, line?.call(thrown)].join('\n')
}

export const faultIn = async (work: Promise<unknown>): Promise<Fault> => {
  try {
    await work
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

const rsa = createKeys()
export const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A certificate that is its own authority, with the key that all tests share. */
export const certificateFor = (name: string): { key: string; cert: string } => {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString())
  certificate.serialNumber = `01${Buffer.from(name).toString('hex').slice(0, 20)}`
  certificate.validity.notBefore = new Date(Date.now() - 60e3)
  certificate.validity.notAfter = new Date(Date.now() + 3600e3)
  certificate.setSubject([{ name: 'commonName', value: name }])
  certificate.setIssuer([{ name: 'commonName', value: name }])
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
  ])
  certificate.sign(forge.pki.privateKeyFromPem(privatePem), forge.md.sha256.create())
  return { key: privatePem, cert: forge.pki.certificateToPem(certificate) }
}
export const certificatePem = certificateFor('latchkey').cert
const der = Buffer.from(certificatePem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
const thumbprint = createHash('sha256').update(der).digest('base64url')

export const cluster: Issuer = createIssuer('https://oidc.eks.eu-west-1.amazonaws.com/id/ABCD')
export const role = 'arn:aws:iam::123456789012:role/latchkey'
export const subject = 'system:serviceaccount:latchkey:latchkey'
export const tenant = '11111111-2222-3333-4444-555555555555'
export const application = '66666666-7777-8888-9999-000000000000'
export const email = 'latchkey@demo.iam.gserviceaccount.com'
export const objectId = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
const secret = 'canary-client-secret'

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600
export const podToken = (claims: object = {}): string =>
  cluster.token({ sub: subject, aud: ['sts.amazonaws.com'], exp: inAnHour(), ...claims })
export const azureToken = (claims: object = {}): string => podToken({ aud: ['api://AzureADTokenExchange'], ...claims })

export const awsKeys = () => ({
  id: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
  secret: `canary${randomBytes(20).toString('hex')}`,
  session: `canary${randomBytes(100).toString('base64')}`,
})

export const keyFile = (other: object = {}): string =>
  JSON.stringify({
    type: 'service_account',
    client_email: email,
    private_key_id: 'key-1',
    private_key: privatePem,
    token_uri: 'https://oauth2.googleapis.com/token',
    ...other,
  })

/** A flow on its feet. */
export interface Running {
  readonly given: Given
  readonly prove: (cloud: Cloud) => Promise<Sensitive>
  /** Who the proof says that we are, found as Akeyless finds it. */
  readonly judge: (proof: Sensitive) => Promise<string>
  readonly seen: readonly Seen[]
}

export interface Flow {
  /** The origin that a trouble takes the place of; undefined where the flow calls nobody. */
  readonly origin: string
  readonly who: string
  start(t: Scope): Promise<Running>
}

const aws = async (t: Scope, keys: ReturnType<typeof awsKeys>, arn: string) => {
  const sts = await startSts(t, { keys: new Map([[keys.id, { ...keys, arn }]]) })
  return {
    prove: (cloud: Cloud) => cloud.aws({}, soon()),
    judge: (proof: Sensitive) => sts.whoami(textOf(proof)),
  }
}

const claimsOf = (proof: Sensitive, key: KeyObject) => verified(tokenOf(proof), key, 'RS256', Date.now()) ?? {}

const entra = async (t: Scope, given: Given, of: AzureOf = {}): Promise<Running> => {
  const certificate = { key: rsa.publicKey, thumbprint }
  const applications = new Map([[application, { secret, certificate, federated: { issuer: cluster, subject } }]])
  const { url, issuer, seen } = await startEntra(t, { tenant, applications })
  return {
    given: { ...given, origins: { 'https://login.microsoftonline.com': url } },
    prove: cloud => cloud.azure(of, soon()),
    judge: async proof => {
      const { appid, aud } = claimsOf(proof, issuer.publicKey)
      return `${appid} at ${aud}`
    },
    seen,
  }
}

const azureEnv = { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: application }
const azureFlow = (start: Flow['start']): Flow => ({
  origin: 'https://login.microsoftonline.com',
  who: `${application} at https://management.azure.com`,
  start,
})

const machine = async (t: Scope, of: AzureOf): Promise<Running> => {
  const identities = new Map([
    ['client-of-node', 'object-of-node'],
    ['client-of-latchkey', objectId],
  ])
  const { url, issuer, seen } = await startAzureImds(t, { identities })
  return {
    // the pauses between two tries are not waited for
    given: { origins: { 'http://169.254.169.254': url }, options: { wait: async () => undefined } },
    prove: cloud => cloud.azure(of, soon()),
    judge: async proof => String(claimsOf(proof, issuer.publicKey)['oid']),
    seen,
  }
}

const metadata = 'http://169.254.169.254'

export const flows: Readonly<Record<string, Flow>> = {
  'AWS web identity': {
    origin: 'https://sts.amazonaws.com',
    who: `${role}/latchkey`,
    async start(t) {
      const sts = await startSts(t, { roles: new Map([[role, { issuer: cluster, subject }]]) })
      return {
        given: {
          env: { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' },
          files: { '/token': `${podToken()}\n` },
          origins: { 'https://sts.amazonaws.com': sts.url },
        },
        prove: cloud => cloud.aws({}, soon()),
        judge: proof => sts.whoami(textOf(proof)),
        seen: sts.seen,
      }
    },
  },
  'AWS container agent': {
    origin: 'http://169.254.170.23',
    who: 'arn:pod',
    async start(t) {
      const keys = awsKeys()
      const token = podToken()
      const { url, seen } = await startAwsContainer(t, keys, token, '/v1/credentials')
      return {
        ...(await aws(t, keys, 'arn:pod')),
        given: {
          env: {
            AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/pod-token',
          },
          files: { '/pod-token': `${token}\n` },
          origins: { 'http://169.254.170.23': url },
        },
        seen,
      }
    },
  },
  'AWS instance metadata': {
    origin: metadata,
    who: 'arn:node',
    async start(t) {
      const keys = awsKeys()
      const { url, seen } = await startAwsImds(t, { keys, role: 'node-role' })
      return { ...(await aws(t, keys, 'arn:node')), given: { origins: { [metadata]: url } }, seen }
    },
  },
  'Azure client secret': azureFlow(t => entra(t, { env: { ...azureEnv, AZURE_CLIENT_SECRET: secret } })),
  'Azure client certificate': azureFlow(t =>
    entra(t, {
      env: { ...azureEnv, AZURE_CLIENT_CERTIFICATE_PATH: '/pair.pem' },
      files: { '/pair.pem': certificatePem + privatePem },
    }),
  ),
  'Azure workload identity': azureFlow(t =>
    entra(t, {
      env: {
        ...azureEnv,
        AZURE_FEDERATED_TOKEN_FILE: '/token',
        AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
      },
      files: { '/token': azureToken() },
    }),
  ),
  'Azure ServiceAccount': azureFlow(t => {
    const serviceAccount = { namespace: 'latchkey', name: 'latchkey', audiences: ['other'] }
    const projectedToken: CloudOptions['projectedToken'] = async ({ namespace, name, audiences }) =>
      Sensitive.text(azureToken({ sub: `system:serviceaccount:${namespace}:${name}`, aud: audiences }))
    return entra(
      t,
      { options: { projectedToken } },
      { workload: { clientId: application, tenantId: tenant, serviceAccount } },
    )
  }),
  'Azure managed identity': { origin: metadata, who: 'object-of-node', start: t => machine(t, {}) },
  'Azure managed identity by object id': { origin: metadata, who: objectId, start: t => machine(t, { objectId }) },
  'GCP metadata server': {
    origin: 'http://metadata.google.internal',
    who: `${email} for akeyless.io`,
    async start(t) {
      const { url, issuer, seen } = await startGcpMetadata(t, email)
      return {
        given: { origins: { 'http://metadata.google.internal': url } },
        prove: cloud => cloud.gcp('', soon()),
        judge: async proof => {
          const said = claimsOf(proof, issuer.publicKey)
          return `${said['email']} for ${said['aud']}`
        },
        seen,
      }
    },
  },
  'GCP key file': {
    origin: 'https://oauth2.googleapis.com',
    who: `${email} for my audience`,
    async start(t) {
      const { url, issuer, seen } = await startGoogleTokens(t, { email, keyId: 'key-1', key: rsa.publicKey })
      return {
        given: {
          env: { GOOGLE_APPLICATION_CREDENTIALS: '/key.json' },
          files: { '/key.json': keyFile() },
          origins: { 'https://oauth2.googleapis.com': url },
        },
        prove: cloud => cloud.gcp('my audience', soon()),
        judge: async proof => {
          const said = claimsOf(proof, issuer.publicKey)
          return `${said['email']} for ${said['aud']}`
        },
        seen,
      }
    },
  },
}

/** What no message may hold: secrets that were given, and words of the services. */
export const leaks = (text: string, { env = {}, files = {} }: Given): string[] => {
  const secrets = [secret, ...Object.values(files), env['AWS_SECRET_ACCESS_KEY'] ?? secret]
  return [...secrets, 'canary', 'PRIVATE KEY', 'AADSTS', 'eyJ'].filter(word => text.includes(word.trim()))
}
