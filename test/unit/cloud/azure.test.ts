import t from 'tap'
import { Fault, Sensitive } from '#core'
import { startAzureImds, startEntra } from '../../support/cloud/azure.ts'
import { createIssuer, partsOf } from '../../support/cloud/jwt.ts'
import {
  application,
  azureToken,
  certificatePem,
  cloudIn,
  cluster,
  faultIn,
  leaks,
  objectId,
  printed,
  privatePem,
  soon,
  subject,
  tenant,
  tokenOf,
} from './cloud.ts'

const secret = 'canary-client-secret'
const env = { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: application }
const applications = new Map([[application, { secret, federated: { issuer: cluster, subject } }]])
const past = Math.floor(Date.now() / 1000) - 1

t.test('an application that Entra refuses is told with the reason, in our words', async t => {
  const { url } = await startEntra(t, { tenant, applications })
  const federated = { ...env, AZURE_FEDERATED_TOKEN_FILE: '/token' }
  const certificate = { ...env, AZURE_CLIENT_CERTIFICATE_PATH: '/pair.pem' }
  const other = createIssuer('https://elsewhere')
  const cases: [Record<string, string>, string, RegExp][] = [
    [{ ...env, AZURE_CLIENT_SECRET: 'canary-other' }, '', /HTTP 401: the client secret is wrong$/],
    [{ ...env, AZURE_CLIENT_SECRET: secret, AZURE_TENANT_ID: 'other' }, '', /HTTP 400: the tenant is unknown$/],
    [
      { ...env, AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_ID: 'x' },
      '',
      /HTTP 400: the tenant has no such application$/,
    ],
    [certificate, '', /HTTP 401: the application does not know the certificate$/],
    [federated, azureToken({ exp: past }), /HTTP 401: the token has expired/],
    [federated, azureToken({ sub: 'system:serviceaccount:a:b' }), /HTTP 401: .* matches the subject/],
    [federated, azureToken({ aud: ['sts.amazonaws.com'] }), /HTTP 401: .* matches the audience/],
    [federated, other.token({ sub: subject }), /HTTP 401: .* matches the issuer/],
    [federated, 'canary', /HTTP 401: .* matches the issuer/],
  ]
  for (const [env, token, message] of cases) {
    const given = {
      env,
      files: { '/token': token || 'x-unused', '/pair.pem': privatePem + certificatePem },
      origins: { 'https://login.microsoftonline.com': url },
    }
    const fault = await faultIn(cloudIn(given).azure({}, soon()))
    t.match(fault, { code: 'IdentityUnavailable', message }, String(message))
    t.same(leaks(printed(fault), given), [])
  }
})

t.test('what is set by half, or cannot be used, is named', async t => {
  const pair = { ...env, AZURE_CLIENT_CERTIFICATE_PATH: '/pair.pem' }
  const noPair = /holds no PEM certificate with its RSA key$/
  const cases: [Record<string, string>, string, string | RegExp][] = [
    [{ AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_ID: 'x' }, '', 'AZURE_CLIENT_SECRET is set, AZURE_TENANT_ID is not'],
    [
      { AZURE_FEDERATED_TOKEN_FILE: '/a', AZURE_TENANT_ID: 'x' },
      '',
      'AZURE_FEDERATED_TOKEN_FILE is set, AZURE_CLIENT_ID is not',
    ],
    [{ ...env, AZURE_CLIENT_SECRET: secret, AZURE_TENANT_ID: '../evil' }, '', 'the Azure tenant id is none'],
    [{ ...env, AZURE_CLIENT_SECRET: secret, AZURE_TENANT_ID: 'a/b' }, '', 'the Azure tenant id is none'],
    [
      { ...env, AZURE_CLIENT_SECRET: secret, AZURE_AUTHORITY_HOST: 'http://evil.example' },
      '',
      'AZURE_AUTHORITY_HOST is no https URL',
    ],
    [
      { ...env, AZURE_CLIENT_SECRET: secret, AZURE_ENVIRONMENT: 'moon' },
      '',
      'AZURE_ENVIRONMENT names no cloud of Azure',
    ],
    [{ ...env, AZURE_CLIENT_SECRET: secret, AZURE_CLOUD: 'moon' }, '', 'AZURE_CLOUD names no cloud of Azure'],
    [
      { ...env, AZURE_FEDERATED_TOKEN_FILE: '/absent' },
      '',
      'the file /absent that AZURE_FEDERATED_TOKEN_FILE names does not exist',
    ],
    [pair, certificatePem, noPair],
    [pair, privatePem, noPair],
    [pair, 'canary', noPair],
    [pair, certificatePem.replace(/M/g, '?') + privatePem, noPair],
    [pair, certificatePem + privatePem.replace(/M/g, '?'), noPair],
  ]
  for (const [env, file, message] of cases) {
    const fault = await faultIn(cloudIn({ env, files: { '/pair.pem': file || 'x' } }).azure({}, soon()))
    t.match(fault, { code: 'IdentityUnavailable', message }, JSON.stringify(message))
    t.not(fault.remedy, '')
    t.notMatch(printed(fault), /canary|PRIVATE|MII|moon|evil/)
  }
})

t.test('where nothing is found, one fault names every place', async t => {
  const imds = await startAzureImds(t, { identities: new Map() })
  const fault = await faultIn(cloudIn({ origins: { 'http://169.254.169.254': imds.url } }).azure({}, soon()))
  t.match(fault, {
    message:
      'no Azure credentials are to be found (environment: AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, ' +
      'AZURE_FEDERATED_TOKEN_FILE are not set; managed identity: Azure IMDS gives no token: the machine has no such identity (HTTP 400))',
    remedy: /azure\.workload\.identity\/use=true/,
  })
  const absent = await faultIn(
    cloudIn({ origins: { 'http://169.254.169.254': imds.url } }).azure({ objectId: 'canary' }, soon()),
  )
  t.match(absent, { message: 'Azure IMDS gives no token: the machine has no such identity (HTTP 400)' })
})

t.test('the managed identity that AZURE_CLIENT_ID names is taken, an object id goes before it', async t => {
  const identities = new Map([
    ['client-1', 'object-1'],
    ['client-2', objectId],
  ])
  const { url } = await startAzureImds(t, { identities })
  const cloud = cloudIn({ env: { AZURE_CLIENT_ID: 'client-2' }, origins: { 'http://169.254.169.254': url } })
  const oid = async (of: { objectId?: string }) => partsOf(tokenOf(await cloud.azure(of, soon())))?.claims['oid']
  t.equal(await oid({}), objectId)
  t.equal(await oid({ objectId: 'object-1' }), 'object-1')
})

t.test('IMDS that is busy is asked again, one second later each time, and at most five times', async t => {
  const identities = new Map([['client-1', objectId]])
  const run = async (troubles: number[]) => {
    const { url } = await startAzureImds(t, { identities, troubles })
    const waits: number[] = []
    const wait = async (ms: number) => {
      waits.push(ms)
    }
    const cloud = cloudIn({ origins: { 'http://169.254.169.254': url }, options: { wait } })
    return { waits, proof: cloud.azure({ objectId }, soon()) }
  }
  const well = await run([404, 429, 500, 503, 410])
  t.equal(partsOf(tokenOf(await well.proof))?.claims['oid'], objectId)
  t.same(well.waits, [1000, 2000, 3000, 4000, 5000])
  const worse = await run([500, 500, 500, 500, 500, 429])
  t.match((await faultIn(worse.proof)).message, 'Azure IMDS gives no token (HTTP 429)')
  const never = await run([403])
  t.match((await faultIn(never.proof)).message, 'Azure IMDS gives no token (HTTP 403)')
  t.same(never.waits, [])
})

t.test('a caller that leaves ends the wait for a busy IMDS', async t => {
  const { url } = await startAzureImds(t, { identities: new Map(), troubles: [500] })
  const gone = new AbortController()
  const cloud = cloudIn({ origins: { 'http://169.254.169.254': url } })
  const waiting = cloud.azure({ objectId }, gone.signal)
  const reason = new Error('the pass is over')
  setTimeout(() => gone.abort(reason), 100)
  await t.rejects(waiting, reason)
})

t.test('other clouds are asked at their own hosts, for their own resource', async t => {
  const clouds = [
    ['AzureCloud', 'https://login.microsoftonline.com', 'https://management.azure.com'],
    ['AzureUSGovernmentCloud', 'https://login.microsoftonline.us', 'https://management.usgovcloudapi.net'],
    ['AzureUSGovernment', 'https://login.microsoftonline.us', 'https://management.usgovcloudapi.net'],
    ['AzureChinaCloud', 'https://login.chinacloudapi.cn', 'https://management.chinacloudapi.cn'],
    ['azurechinacloud21vianet', 'https://login.chinacloudapi.cn', 'https://management.chinacloudapi.cn'],
  ] as const
  const entra = await startEntra(t, { tenant, applications })
  for (const [name, authority, resource] of clouds) {
    for (const variable of ['AZURE_ENVIRONMENT', 'AZURE_CLOUD']) {
      const given = { ...env, AZURE_CLIENT_SECRET: secret, [variable]: name }
      const proof = await cloudIn({ env: given, origins: { [authority]: entra.url } }).azure({}, soon())
      t.equal(partsOf(tokenOf(proof))?.claims['aud'], resource, `${variable}=${name}`)
    }
    const webhook = { ...env, AZURE_CLIENT_SECRET: secret, AZURE_AUTHORITY_HOST: `${authority}/` }
    const federated = await cloudIn({ env: webhook, origins: { [authority]: entra.url } }).azure({}, soon())
    t.equal(partsOf(tokenOf(federated))?.claims['aud'], resource, `AZURE_AUTHORITY_HOST is ${authority}`)
    const machine = await startAzureImds(t, { identities: new Map([['a', 'b']]), environment: name })
    const proof = await cloudIn({ origins: { 'http://169.254.169.254': machine.url } }).azure({}, soon())
    t.equal(partsOf(tokenOf(proof))?.claims['aud'], resource, `the machine says ${name}`)
  }
})

t.test('a ServiceAccount is asked for the audience of Azure, at each login', async t => {
  const { url } = await startEntra(t, { tenant, applications })
  const asked: unknown[] = []
  const cloud = cloudIn({
    env: { AZURE_TENANT_ID: tenant },
    origins: { 'https://login.microsoftonline.com': url },
    options: {
      projectedToken: async of => {
        asked.push(of)
        return Sensitive.text(azureToken({ aud: of.audiences }))
      },
    },
  })
  const serviceAccount = { namespace: 'a', name: 'b', audiences: ['mine', 'api://AzureADTokenExchange'] }
  const once = () => cloud.azure({ workload: { clientId: application, serviceAccount } }, soon())
  t.equal(partsOf(tokenOf(await once()))?.claims['appid'], application, 'AZURE_TENANT_ID stands in for the tenant')
  await once()
  const wanted = { from: 'service-account', namespace: 'a', name: 'b', audiences: serviceAccount.audiences }
  t.same(asked, [wanted, wanted])
})

t.test('a ServiceAccount without tenant, without token, or with a tenant that is none, is told', async t => {
  const serviceAccount = { namespace: 'a', name: 'b', audiences: [] }
  const options = { projectedToken: async () => Sensitive.text('canary') }
  const of = (tenantId?: string) => ({ workload: { clientId: 'x', tenantId, serviceAccount } })
  t.match(await faultIn(cloudIn({ options }).azure(of(), soon())), {
    message: 'no Azure tenant id is given',
    remedy: /azure\.workload\.identity\/tenant-id/,
  })
  t.match((await faultIn(cloudIn({ options }).azure(of('a/../b'), soon()))).message, 'the Azure tenant id is none')
  const mine = new Fault('CredentialMissing', 'there is no such ServiceAccount')
  const absent = cloudIn({ options: { projectedToken: () => Promise.reject(mine) } }).azure(of('t'), soon())
  t.equal(await faultIn(absent), mine, 'a fault of the cluster stays what it is')
})
