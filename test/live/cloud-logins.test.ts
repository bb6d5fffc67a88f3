// Logins by the identity of a cloud, through `latchkey serve`: its environment is a pod's, the clouds are their counterparts under
// their own names, and the gateway verifies what it is sent. Metadata services of machines have fixed addresses; the variables by
// which the SDKs look for them elsewhere lead here.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { SeedInput } from '#devgateway'
import { clusterIssuer, createAccount, tokenOf } from '../support/accounts.ts'
import { startAwsContainer, startAwsImds } from '../support/cloud/aws-metadata.ts'
import { startAzureImds, startEntra } from '../support/cloud/azure.ts'
import { startCloudFront } from '../support/cloud/front.ts'
import { startGcpMetadata, startGoogleTokens } from '../support/cloud/google.ts'
import { createKeys, type Issuer } from '../support/cloud/jwt.ts'
import { startSts } from '../support/cloud/sts.ts'
import { namespace as namespaceFor } from '../support/cluster.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  akeylessSpec,
  clusterSecretStore,
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  remove,
  secretStore,
  settled,
  storeSpec,
  textsOf,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
type Tap = Parameters<typeof whenReady>[0]

const folder = mkdtempSync(join(tmpdir(), 'latchkey-cloud-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await createAccount(namespace, 'pod')
const ids = {
  aws: 'p-awsawsa0awsawb',
  role: 'p-rolerole0rolwb',
  azure: 'p-azureaz0azuzzb',
  gcp: 'p-gcpgcpg0gcpggb',
  node: 'p-nodenod0nodewb',
  pod: 'p-podpodp0podpwb',
  machine: 'p-machine0machzb',
  metadata: 'p-metadat0metagb',
} as const
const tenant = '00000000-0000-0000-0000-00000000000a'
const client = '00000000-0000-0000-0000-00000000000c'
const bareClient = '00000000-0000-0000-0000-00000000000d'
const user = { accessKeyId: 'AKIAENVIRONMENT', secretAccessKey: 'env-not-a-secret' }
const minted = { id: 'ASIAWEBIDENTITY', secret: 'minted-not-a-secret', session: 'minted-session' }
const roleArn = 'arn:aws:iam::123456789012:role/reader'
const serviceAccountKey = createKeys()
const email = 'reader@project.iam.gserviceaccount.com'

// the clouds trust the ServiceAccounts of this very API server
const cluster = await clusterIssuer()
const issuer: Issuer = { ...cluster, token: () => '' }
const subject = `system:serviceaccount:${namespace}:pod`
const sts = await startSts(t, { roles: new Map([[roleArn, { issuer, subject }]]), mint: () => minted })
const entra = await startEntra(t, {
  tenant,
  applications: new Map([
    [client, { federated: { issuer, subject } }],
    [bareClient, { federated: { issuer, subject: `system:serviceaccount:${namespace}:bare` } }],
  ]),
})
const google = await startGoogleTokens(t, { email, keyId: 'key-1', key: serviceAccountKey.publicKey })
// what stands beside the process: the agents and metadata services of its machine
const nodeKeys = { id: 'ASIANODE', secret: 'node-not-a-secret', session: 'node-session' }
const podKeys = { id: 'ASIAPOD', secret: 'pod-not-a-secret', session: 'pod-session' }
const podProof = 'pod-proof-not-a-secret'
const machineObject = '00000000-0000-0000-0000-00000000000b'
const awsImds = await startAwsImds(t, { keys: nodeKeys, role: 'node', here: true })
const awsAgent = await startAwsContainer(t, podKeys, podProof, '/v1/credentials')
const azureImds = await startAzureImds(t, { identities: new Map([[client, machineObject]]), here: true })
const gcpMetadata = await startGcpMetadata(t, email, { here: true })
const beside = { awsImds, awsAgent, azureImds, gcpMetadata }

const front = await startCloudFront(t, {
  'sts.amazonaws.com': sts.url,
  'sts.eu-west-1.amazonaws.com': sts.url,
  'login.microsoftonline.com': entra.url,
  'oauth2.googleapis.com': google.url,
})

const jwksOf = ({ publicKey }: Pick<Issuer, 'publicKey'>) =>
  ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256' }] }) as never // the seed parses it
const rules = [{ path: '/*', allow: ['read' as const, 'list' as const] }]
const seed: SeedInput = {
  aws: [
    { ...user, arn: 'arn:aws:iam::123456789012:user/reader' },
    {
      accessKeyId: minted.id,
      secretAccessKey: minted.secret,
      sessionToken: minted.session,
      arn: 'arn:aws:sts::123456789012:assumed-role/reader/latchkey',
    },
    ...[nodeKeys, podKeys].map(({ id, secret, session }) => ({
      accessKeyId: id,
      secretAccessKey: secret,
      sessionToken: session,
      arn: `arn:aws:sts::123456789012:assumed-role/${id}/latchkey`,
    })),
  ],
  identities: [
    { type: 'aws_iam', accessId: ids.aws, arns: ['arn:aws:iam::123456789012:user/reader'], rules },
    { type: 'aws_iam', accessId: ids.role, roles: ['reader'], rules },
    {
      type: 'azure_ad',
      accessId: ids.azure,
      jwks: jwksOf(entra.issuer),
      issuer: entra.issuer.issuer,
      tenantIds: [tenant],
      clientIds: [client, bareClient],
      rules,
    },
    { type: 'aws_iam', accessId: ids.node, roles: [nodeKeys.id], rules },
    { type: 'aws_iam', accessId: ids.pod, roles: [podKeys.id], rules },
    {
      type: 'azure_ad',
      accessId: ids.machine,
      jwks: jwksOf(azureImds.issuer),
      issuer: azureImds.issuer.issuer,
      clientIds: [client],
      rules,
    },
    { type: 'gcp', accessId: ids.metadata, jwks: jwksOf(gcpMetadata.issuer), emails: [email], rules },
    { type: 'gcp', accessId: ids.gcp, jwks: jwksOf(google.issuer), emails: [email], rules },
  ],
  items: [{ path: '/one', type: 'STATIC_SECRET', value: 'v' }],
}
const gateway = await startTlsGateway(t, seed)
const authorities = file('authorities.crt', `${readFileSync(gateway.caFile, 'utf8')}\n${front.ca}`)
const logins = () =>
  gateway.journal().flatMap(({ op, accessId, status }) => (op === 'auth' ? [`${accessId} ${status}`] : []))

/** A process in a pod of this environment. */
const inPod = (t: Tap, env: NodeJS.ProcessEnv, args: readonly string[] = []) =>
  startLatchkey(t, {
    namespace,
    gateway: { ...gateway, caFile: authorities },
    args,
    env: { HTTPS_PROXY: front.proxy, NO_PROXY: 'api.akeyless.io,127.0.0.1', ...env },
  })

const login = (name: string, accessType: string, accessId: string, accessKey = '') =>
  create(paths.secrets, credentials({ name, accessType, accessId, accessKey }))

/** A store of this name that works, and a Secret that it fills. */
const works = async (t: Tap, name: string, spec: object = storeSpec({ secret: name })): Promise<void> => {
  await create(paths.stores, secretStore(name, spec))
  t.teardown(() => remove(`${paths.stores}/${name}`))
  await whenReady(t, `${paths.stores}/${name}`)
  const secretStoreRef = { name }
  await create(paths.externalSecrets, externalSecret(`${name}-app`, { secretStoreRef, data: [entry('k', '/one')] }))
  await whenReady(t, `${paths.externalSecrets}/${name}-app`)
}

interface Flow {
  readonly name: string
  readonly accessType: string
  readonly accessId: string
  readonly env: () => Promise<NodeJS.ProcessEnv> | NodeJS.ProcessEnv
  readonly args?: readonly string[]
  /** What accessTypeParam holds. */
  readonly param?: string
  /** Which services were asked on the way. */
  readonly asked: readonly string[]
  /** How often what stands beside the process was asked. */
  readonly local?: Partial<Record<keyof typeof beside, number>>
}
const webIdentity = async () => ({
  AWS_ROLE_ARN: roleArn,
  AWS_WEB_IDENTITY_TOKEN_FILE: file('aws-token', await tokenOf(namespace, 'pod', ['sts.amazonaws.com'])),
})
const flows: readonly Flow[] = [
  {
    name: 'aws-environment',
    accessType: 'aws_iam',
    accessId: ids.aws,
    env: () => ({ AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey }),
    asked: [],
  },
  {
    name: 'aws-environment-regional',
    accessType: 'aws_iam',
    accessId: ids.aws,
    env: () => ({
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      AWS_REGION: 'eu-west-1',
    }),
    args: ['--aws-regional-sts'],
    asked: [],
  },
  {
    name: 'aws-web-identity',
    accessType: 'aws_iam',
    accessId: ids.role,
    env: webIdentity,
    asked: ['sts.amazonaws.com:443'],
  },
  {
    name: 'aws-web-identity-regional',
    accessType: 'aws_iam',
    accessId: ids.role,
    env: async () => ({ ...(await webIdentity()), AWS_REGION: 'eu-west-1' }),
    asked: ['sts.eu-west-1.amazonaws.com:443'],
  },
  {
    name: 'azure-own-workload',
    accessType: 'azure_ad',
    accessId: ids.azure,
    env: async () => ({
      AZURE_TENANT_ID: tenant,
      AZURE_CLIENT_ID: client,
      AZURE_FEDERATED_TOKEN_FILE: file('azure-token', await tokenOf(namespace, 'pod', ['api://AzureADTokenExchange'])),
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
    }),
    asked: ['login.microsoftonline.com:443'],
  },
  {
    name: 'gcp-key-file',
    accessType: 'gcp',
    accessId: ids.gcp,
    env: () => {
      const private_key = serviceAccountKey.privateKey.export({ type: 'pkcs8', format: 'pem' })
      const key = { type: 'service_account', client_email: email, private_key_id: 'key-1', private_key }
      return { GOOGLE_APPLICATION_CREDENTIALS: file('google.json', JSON.stringify(key)) }
    },
    asked: ['oauth2.googleapis.com:443'],
  },
  {
    name: 'aws-instance-metadata',
    accessType: 'aws_iam',
    accessId: ids.node,
    env: () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: awsImds.url }),
    asked: [],
    // a session, the role, its keys
    local: { awsImds: 3 },
  },
  {
    name: 'aws-container',
    accessType: 'aws_iam',
    accessId: ids.pod,
    env: () => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${awsAgent.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: podProof,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: awsImds.url,
    }),
    asked: [],
    local: { awsAgent: 1 },
  },
  {
    name: 'aws-pod-identity',
    accessType: 'aws_iam',
    accessId: ids.pod,
    // as EKS mounts it; the file goes before the variable
    env: () => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${awsAgent.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file('pod-identity', podProof),
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'old',
    }),
    asked: [],
    local: { awsAgent: 1 },
  },
  {
    name: 'azure-instance-metadata',
    accessType: 'azure_ad',
    accessId: ids.machine,
    env: () => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: azureImds.url }),
    param: machineObject,
    asked: [],
    // which cloud it is in, and the token
    local: { azureImds: 2 },
  },
  {
    name: 'gcp-metadata',
    accessType: 'gcp',
    accessId: ids.metadata,
    // a host, as Google's libraries want it
    env: () => ({ GCE_METADATA_HOST: gcpMetadata.url.replace('http://', '') }),
    asked: [],
    local: { gcpMetadata: 1 },
  },
]

for (const { name, accessType, accessId, env, args, param, asked, local = {} } of flows) {
  t.test(`${name}: the gateway believes it, once for two stores`, async t => {
    gateway.reset()
    front.asked.length = 0
    for (const { seen } of Object.values(beside)) seen.length = 0
    const latchkey = await inPod(t, await env(), args)
    await login(name, accessType, accessId, param)
    await works(t, name)
    await create(paths.stores, secretStore(`${name}-2`, storeSpec({ secret: name })))
    t.teardown(() => remove(`${paths.stores}/${name}-2`))
    await whenReady(t, `${paths.stores}/${name}-2`)
    t.same(textsOf(await get(`${paths.secrets}/${name}-app`)), { k: 'v' })
    t.same(logins(), [`${accessId} 200`])
    t.same(front.asked, asked)
    const calls = Object.entries(beside).flatMap(([name, { seen }]) => (seen.length > 0 ? [[name, seen.length]] : []))
    t.same(Object.fromEntries(calls), local)
    const said = JSON.stringify([latchkey.lines(), await get(paths.stores), await get(paths.events)])
    const secrets = [user.secretAccessKey, minted.secret, nodeKeys.secret, podKeys.secret, podProof]
    for (const secret of [...secrets, 'eyJhbGciOi', 'PRIVATE KEY']) t.notOk(said.includes(secret))
    await latchkey.stop()
  })
}

t.test('azure by a ServiceAccount: its annotations say whose application, in either place of the ref', async t => {
  gateway.reset()
  front.asked.length = 0
  const annotations = {
    'azure.workload.identity/client-id': client,
    'azure.workload.identity/tenant-id': tenant,
  }
  await patch(`/api/v1/namespaces/${namespace}/serviceaccounts/pod`, { metadata: { annotations } })
  await inPod(t, {})
  await login('azure-account', 'azure_ad', ids.azure)
  const { authSecretRef } = storeSpec({ secret: 'azure-account' }).provider.akeyless
  const serviceAccountRef = { name: 'pod' }
  await works(t, 'azure-within', akeylessSpec({ authSecretRef: { ...authSecretRef, serviceAccountRef } }))
  // as the guide writes it, past the webhook that would move it
  await works(t, 'azure-beside', akeylessSpec({ authSecretRef, serviceAccountRef }))
  t.same(logins(), [`${ids.azure} 200`])
  t.same(front.asked, ['login.microsoftonline.com:443'])

  await createAccount(namespace, 'bare')
  const bare = akeylessSpec({ authSecretRef: { ...authSecretRef, serviceAccountRef: { name: 'bare' } } })
  await create(paths.stores, secretStore('azure-bare', bare))
  t.equal(
    messageOf(await whenReady(t, `${paths.stores}/azure-bare`, 'False')),
    `spec.provider.akeyless.authSecretRef.serviceAccountRef: ServiceAccount ${namespace}/bare has no annotation azure.workload.identity/client-id → add it, or put the client id into accessTypeParam`,
  )
  // each is noticed by itself
  const bareAccount = `/api/v1/namespaces/${namespace}/serviceaccounts/bare`
  const within2s = async (what: string, status: 'True' | 'False', change: () => Promise<unknown>) => {
    const begun = performance.now()
    await change()
    const store = await whenReady(t, `${paths.stores}/azure-bare`, status)
    const took = performance.now() - begun
    t.ok(took < 2_000, `${what}: ${Math.round(took)} ms`)
    return messageOf(store)
  }
  const annotate = (id: string) => () =>
    patch(bareAccount, { metadata: { annotations: { ...annotations, 'azure.workload.identity/client-id': id } } })
  await within2s('annotated', 'True', annotate(bareClient))
  t.match(
    await within2s('annotated for an application that does not trust it', 'False', annotate(client)),
    /no federated credential of the application matches the subject of the token/,
  )
  await within2s('annotated again', 'True', annotate(bareClient))
  t.match(await within2s('deleted', 'False', () => remove(bareAccount)), /bare does not exist → create it$/)
})

const messageOf = (object: Json): string => readyOf(object)?.message ?? ''

const refusing: readonly {
  name: string
  accessType: string
  accessId: string
  env: NodeJS.ProcessEnv
  message: RegExp
}[] = [
  {
    name: 'aws-agent-refused',
    accessType: 'aws_iam',
    accessId: ids.pod,
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${awsAgent.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'wrong',
    },
    message: /: the AWS container endpoint refuses with HTTP 401 → check the pod identity association/,
  },
  {
    name: 'azure-unknown-identity',
    accessType: 'azure_ad',
    accessId: ids.machine,
    env: { AZURE_POD_IDENTITY_AUTHORITY_HOST: azureImds.url, AZURE_CLIENT_ID: bareClient },
    message: /managed identity: Azure IMDS gives no token: the machine has no such identity \(HTTP 400\)\) → /,
  },
  {
    name: 'gcp-somebody-else',
    accessType: 'gcp',
    accessId: ids.metadata,
    env: { GCE_METADATA_HOST: awsImds.url },
    message: /: the GCP metadata server is not the one that answers → bind the ServiceAccount/,
  },
  {
    name: 'aws-no-host',
    accessType: 'aws_iam',
    accessId: ids.node,
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://x/y' },
    message: /instance metadata: AWS_EC2_METADATA_SERVICE_ENDPOINT names no host\) → /,
  },
]
for (const { name, accessType, accessId, env, message } of refusing) {
  t.test(`${name}: told in our words, and nothing is sent to the gateway`, async t => {
    gateway.reset()
    const latchkey = await inPod(t, env)
    await login(name, accessType, accessId)
    await create(paths.stores, secretStore(name, storeSpec({ secret: name })))
    t.match(messageOf(await whenReady(t, `${paths.stores}/${name}`, 'False')), message)
    t.notMatch(JSON.stringify(latchkey.lines()), /canary/)
    t.same(logins(), [])
    await latchkey.stop()
    await remove(`${paths.stores}/${name}`)
  })
}

t.test('a service of the cloud that says no is told in our words, and nothing is sent to the gateway', async t => {
  gateway.reset()
  await inPod(t, {
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: file('wrong-token', await tokenOf(namespace, 'pod', ['vault'])),
  })
  await login('aws-refused', 'aws_iam', ids.role)
  await create(paths.stores, secretStore('aws-refused', storeSpec({ secret: 'aws-refused' })))
  const store = await whenReady(t, `${paths.stores}/aws-refused`, 'False')
  t.equal(
    messageOf(store),
    'spec.provider.akeyless.authSecretRef: AWS STS refuses the web identity with HTTP 400: the token is not valid, or its issuer is no identity provider of the account → check the role in AWS_ROLE_ARN and its trust policy',
  )
  t.same(logins(), [])
})

/** Counts who connects, and says nothing. */
const listener = async (t: Tap) => {
  let connections = 0
  let bytes = 0
  const server = createServer(socket => {
    connections += 1
    socket
      .on('error', () => {})
      .on('data', data => {
        bytes += data.length
      })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.teardown(() => server.close())
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    seen: () => ({ connections, bytes }),
  }
}

const foreignHost = 'gw.example.com'
const foreign = (secret: string, url = `https://${foreignHost}`) => {
  const { authSecretRef } = storeSpec({ secret }).provider.akeyless
  return akeylessSpec({ akeylessGWApiURL: url, authSecretRef })
}
const ambient = [
  ['aws_iam', ids.aws],
  ['azure_ad', ids.azure],
  ['gcp', ids.gcp],
  ['k8s', 'p-k8sk8sk0k8sk8b'],
  ['jwt', 'p-jwtjwtj0jwtjwb'],
] as const
const odd = [
  `http://${foreignHost}`,
  'http://api.akeyless.io',
  'https://api.akeyless.io.example.com',
  'https://akeyless.io',
]

const plainHttp =
  '; spec.provider.akeyless.akeylessGWApiURL: uses http: credentials and values cross the network in plain text → write https://'

t.test('a gateway that nobody trusts gets no byte of our own identity, whatever its name looks like', async t => {
  const { port, seen } = await listener(t)
  front.asked.length = 0
  const hosts = [`${foreignHost}:443`, `${foreignHost}:80`, 'api.akeyless.io:80', 'api.akeyless.io.example.com:443']
  const resolve = [...hosts, 'akeyless.io:443'].flatMap(host => ['--resolve', `${host}=127.0.0.1:${port}`])
  const keys = { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey }
  const env = { ...keys, NO_PROXY: '*' }
  const guarded = await inPod(t, env, resolve)
  const stores = [
    ...ambient.map(([type]) => ({ name: `ambient-${type.replace('_', '-')}`, type, url: `https://${foreignHost}` })),
    ...odd.map((url, index) => ({ name: `odd-${index}`, type: 'aws_iam', url })),
  ]
  for (const [type, accessId] of ambient) await login(`ambient-${type}`.replace('_', '-'), type, accessId, 'param')
  for (const { name, type, url } of stores) {
    await create(paths.stores, secretStore(name, foreign(`ambient-${type}`.replace('_', '-'), url)))
    const store = await whenReady(t, `${paths.stores}/${name}`, 'False')
    const host = new URL(url).hostname
    const isTls = url.startsWith('https:')
    const why = isTls ? `${host} is not a trusted gateway` : 'the gateway is not called by https'
    t.equal(
      messageOf(store).replace(isTls ? '' : plainHttp, ''),
      `spec.provider.akeyless.akeylessGWApiURL: access type ${type} would send the identity of Latchkey itself, and ${why} → have the host added to --trusted-gateways, or log in with an identity of your own`,
    )
    t.equal(readyOf(store)?.reason, 'InvalidProviderConfig')
  }
  const events: Json = await get(paths.events)
  t.ok(events.items.some(({ reason }: Json) => reason === 'AmbientDenied'))
  t.same([seen(), front.asked], [{ connections: 0, bytes: 0 }, []])
  await guarded.stop()

  // that the listener hears whoever does connect
  await inPod(t, env, [...resolve, '--trusted-gateways', `*.akeyless.io,${foreignHost}`])
  await settled(
    t,
    `${paths.stores}/ambient-aws-iam`,
    object => !messageOf(object).includes('is not a trusted gateway'),
    30_000,
  )
  t.ok(seen().bytes > 0)
  for (const { name } of stores) await remove(`${paths.stores}/${name}`)
})

t.test('a ClusterSecretStore is held to the same', async t => {
  const { port, seen } = await listener(t)
  const name = `ambient-${randomBytes(4).toString('hex')}`
  const env = { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey, NO_PROXY: '*' }
  const args = ['--controller-class', name, '--resolve', `${foreignHost}:443=127.0.0.1:${port}`]
  await startLatchkey(t, { gateway, args, env })
  t.teardown(() => remove(`${paths.clusterStores}/${name}`))
  await login(name, 'aws_iam', ids.aws)
  const spec: Json = { ...storeSpec({ secret: name, namespace }), controller: name }
  spec.provider.akeyless.akeylessGWApiURL = `https://${foreignHost}`
  await create(paths.clusterStores, clusterSecretStore(name, spec))
  const store = await whenReady(t, `${paths.clusterStores}/${name}`, 'False')
  t.match(messageOf(store), `${foreignHost} is not a trusted gateway`)
  t.same(seen(), { connections: 0, bytes: 0 })
})
