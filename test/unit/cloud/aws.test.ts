import { readFile } from 'node:fs/promises'
import t from 'tap'
import { Sensitive } from '#core'
import { signedIdentity } from '../../../pkg/cloud/aws/sign.ts'
import { startAwsContainer, startAwsImds } from '../../support/cloud/aws-metadata.ts'
import { createIssuer } from '../../support/cloud/jwt.ts'
import { serve } from '../../support/cloud/serve.ts'
import { startSts, unpacked } from '../../support/cloud/sts.ts'
import { awsKeys, cloudIn, cluster, faultIn, leaks, podToken, printed, role, soon, subject, textOf } from './cloud.ts'

const at = Date.parse('2026-11-21T19:37:21Z')
const golden = (session: string | undefined, region?: string) =>
  unpacked(
    textOf(
      signedIdentity(
        {
          id: 'AKIDEXAMPLE',
          secret: Sensitive.text('wJalrXUtnFEMI'),
          session: session === undefined ? undefined : Sensitive.text(session),
        },
        at,
        region,
      ),
    ),
  )

t.test('the signature is that of Akeyless’s own libraries', async t => {
  const cases = [
    { session: 'SESSTOK', signature: '5f9e111234d3f2dfc669006100e62f3fe156a30b04e0873720e27597ecd56ab9' },
    { session: undefined, signature: '6bca05679c32d995b301e26b40bda55dfbc5d8da940da362b1a75db729068e69' },
  ]
  for (const { session, signature } of cases) {
    const { method, to, body, headers } = golden(session)
    t.equal(method, 'POST')
    t.equal(to.href, 'https://sts.amazonaws.com/')
    t.equal(body, 'Action=GetCallerIdentity&Version=2011-06-15')
    t.match(headers['authorization'], `Signature=${signature}`)
    t.match(headers['authorization'], 'Credential=AKIDEXAMPLE/20261121/us-east-1/sts/aws4_request')
    t.same(
      { ...headers, authorization: '' },
      {
        authorization: '',
        'content-length': '43',
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'x-amz-date': '20261121T193721Z',
        ...(session && { 'x-amz-security-token': session }),
      },
    )
  }
})

t.test('the regional form signs for one region, in the domain of that region', async t => {
  const hosts = {
    'eu-west-1': 'sts.eu-west-1.amazonaws.com',
    'us-gov-west-1': 'sts.us-gov-west-1.amazonaws.com',
    'cn-north-1': 'sts.cn-north-1.amazonaws.com.cn',
  }
  for (const [region, host] of Object.entries(hosts)) {
    const { to, headers } = golden('SESSTOK', region)
    t.equal(to.href, `https://${host}/`)
    t.equal(headers['content-type'], 'application/x-www-form-urlencoded')
    t.match(headers['authorization'], `/20261121/${region}/sts/aws4_request`)
  }
})

const fixed = (keys: ReturnType<typeof awsKeys>) => ({
  AWS_ACCESS_KEY_ID: keys.id,
  AWS_SECRET_ACCESS_KEY: `${keys.secret}\n`,
  AWS_SESSION_TOKEN: keys.session,
})

t.test('STS knows us by keys in the environment, at the global and at a regional endpoint', async t => {
  const keys = awsKeys()
  const sts = await startSts(t, { keys: new Map([[keys.id, { ...keys, arn: 'arn:user' }]]) })
  const whoami = async (env: Record<string, string | undefined>, regional?: boolean) =>
    sts.whoami(textOf(await cloudIn({ env }).aws({ regional }, soon())))
  t.equal(await whoami(fixed(keys)), 'arn:user')
  t.equal(await whoami({ ...fixed(keys), AWS_REGION: 'eu-west-1' }), 'arn:user')
  t.equal(sts.seen.at(-1)?.headers.host, 'sts.amazonaws.com', 'AWS_REGION alone changes nothing')
  t.equal(await whoami({ ...fixed(keys), AWS_REGION: 'eu-west-1' }, true), 'arn:user')
  t.equal(sts.seen.at(-1)?.headers.host, 'sts.eu-west-1.amazonaws.com')
  t.equal(await whoami({ ...fixed(keys), AWS_DEFAULT_REGION: 'cn-north-1' }, true), 'arn:user')
  t.equal(sts.seen.at(-1)?.headers.host, 'sts.cn-north-1.amazonaws.com.cn')
  t.equal(await whoami(fixed(keys), true), 'arn:user')
  t.equal(sts.seen.at(-1)?.headers.host, 'sts.us-east-1.amazonaws.com')
})

t.test('STS refuses what is signed by another key, at another time, or without its session', async t => {
  const keys = awsKeys()
  const pair = { ...keys, arn: 'arn:user' }
  const sts = await startSts(t, { keys: new Map([[keys.id, pair]]) })
  const whoami = async (env: Record<string, string | undefined>, skewMs = 0) =>
    sts.whoami(textOf(await cloudIn({ env, options: { now: () => Date.now() + skewMs } }).aws({}, soon())))
  t.equal(await whoami({ ...fixed(keys), AWS_SECRET_ACCESS_KEY: 'another' }), 'SignatureDoesNotMatch')
  t.equal(await whoami(fixed(keys), 16 * 60e3), 'SignatureDoesNotMatch')
  t.equal(await whoami(fixed(keys), -16 * 60e3), 'SignatureDoesNotMatch')
  t.equal(await whoami(fixed(keys), 14 * 60e3), 'arn:user')
  t.equal(await whoami({ ...fixed(keys), AWS_SESSION_TOKEN: undefined }), 'InvalidClientTokenId')
  t.equal(await whoami({ ...fixed(keys), AWS_ACCESS_KEY_ID: 'AKIAOTHER' }), 'InvalidClientTokenId')
  const late = await startSts(t, { keys: new Map([[keys.id, { ...pair, ends: Date.now() - 1 }]]) })
  t.equal(await late.whoami(textOf(await cloudIn({ env: fixed(keys) }).aws({}, soon()))), 'ExpiredToken')
})

t.test('sources are asked in the order of AWS’s SDKs', async t => {
  const keys = awsKeys()
  const pod = awsKeys()
  const node = awsKeys()
  const named = (each: typeof keys, arn: string) => [each.id, { ...each, arn }] as const
  const sts = await startSts(t, {
    keys: new Map([named(keys, 'arn:env'), named(pod, 'arn:pod'), named(node, 'arn:node')]),
    roles: new Map([[role, { issuer: cluster, subject }]]),
  })
  const agent = await startAwsContainer(t, pod, 'let-me', '/creds')
  const imds = await startAwsImds(t, { keys: node, role: 'node' })
  const env: Record<string, string | undefined> = {
    ...fixed(keys),
    AWS_ROLE_ARN: role,
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/creds',
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'let-me',
  }
  const origins = {
    'https://sts.amazonaws.com': sts.url,
    'http://169.254.170.2': agent.url,
    'http://169.254.169.254': imds.url,
  }
  const whoami = async () =>
    sts.whoami(textOf(await cloudIn({ env, origins, files: { '/token': podToken() } }).aws({}, soon())))
  t.equal(await whoami(), 'arn:env')
  env['AWS_ACCESS_KEY_ID'] = ''
  env['AWS_SECRET_ACCESS_KEY'] = ' '
  t.equal(await whoami(), `${role}/latchkey`)
  delete env['AWS_WEB_IDENTITY_TOKEN_FILE']
  t.equal(await whoami(), 'arn:pod')
  delete env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  t.equal(await whoami(), 'arn:node')
})

t.test('where nothing is found, one fault names every place', async t => {
  const imds = await startAwsImds(t, { keys: awsKeys() })
  const origins = { 'http://169.254.169.254': imds.url }
  const fault = await faultIn(cloudIn({ origins }).aws({}, soon()))
  t.match(fault, {
    code: 'IdentityUnavailable',
    message:
      'no AWS credentials are to be found (environment: AWS_ACCESS_KEY_ID is not set; ' +
      'web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; ' +
      'container: AWS_CONTAINER_CREDENTIALS_FULL_URI is not set; instance metadata: the instance has no role)',
    remedy: /eks\.amazonaws\.com\/role-arn.*instance profile/,
  })
  const off = await faultIn(cloudIn({ env: { AWS_EC2_METADATA_DISABLED: 'TRUE' }, origins }).aws({}, soon()))
  t.match(off.message, 'instance metadata: AWS_EC2_METADATA_DISABLED is true')
})

t.test('metadata that does not reach into the pod is told from no metadata at all', async t => {
  const imds = await startAwsImds(t, { keys: awsKeys(), role: 'node', hopsAway: true })
  const options = { patience: { connectMs: 300, totalMs: 300 } }
  const fault = await faultIn(cloudIn({ origins: { 'http://169.254.169.254': imds.url }, options }).aws({}, soon()))
  t.match(fault, { message: /AWS IMDS has not answered in/, remedy: /HttpPutResponseHopLimit 2/ })
})

t.test('what is set by half, or cannot be used, is named', async t => {
  const web = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }
  const full = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
  const wrong = 'names a host that is not asked for credentials'
  const cases: [Record<string, string>, string | RegExp][] = [
    [{ AWS_ACCESS_KEY_ID: 'AKIA' }, 'AWS_SECRET_ACCESS_KEY is not set, its counterpart is'],
    [{ AWS_SECRET_ACCESS_KEY: 'canary' }, 'AWS_ACCESS_KEY_ID is not set, its counterpart is'],
    [{ AWS_ACCESS_KEY_ID: 'AK\nIA', AWS_SECRET_ACCESS_KEY: 'canary' }, 'the environment gives keys that are none'],
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }, 'AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not'],
    [
      { ...web, AWS_WEB_IDENTITY_TOKEN_FILE: '/absent' },
      /^the file \/absent that AWS_WEB_IDENTITY_TOKEN_FILE names does not exist$/,
    ],
    [
      { ...web, AWS_WEB_IDENTITY_TOKEN_FILE: '/empty' },
      'the file /empty that AWS_WEB_IDENTITY_TOKEN_FILE names is empty',
    ],
    [{ ...web, AWS_REGION: 'evil.example/' }, 'AWS_REGION is no region of AWS'],
    [{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: 'x' }, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path'],
    [
      { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '//evil.example/x' },
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path',
    ],
    [
      { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '@evil.example/x' },
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path',
    ],
    [{ [full]: 'http://evil.example/x' }, wrong],
    [{ [full]: 'http://10.0.0.1/x' }, wrong],
    [{ [full]: 'http://169.254.169.254/x' }, wrong],
    [{ [full]: 'http://127.evil.example/x' }, wrong],
    [{ [full]: 'file:///etc/passwd' }, wrong],
    [{ [full]: 'nonsense' }, wrong],
    [
      { [full]: 'http://127.0.0.1:1/x', AWS_CONTAINER_AUTHORIZATION_TOKEN: 'canary\r\nx: y' },
      'the token for the header authorization is not one line of plain text',
    ],
  ]
  for (const [env, message] of cases) {
    const given = { env, files: { '/token': podToken(), '/empty': ' \n' } }
    const fault = await faultIn(cloudIn(given).aws({}, soon()))
    t.match(fault, { code: 'IdentityUnavailable', message }, JSON.stringify(env))
    t.not(fault.remedy, '')
    t.notMatch(printed(fault), /canary|eyJ/)
  }
  const loopback = await startAwsContainer(t, awsKeys(), undefined, '/x')
  await t.resolves(
    cloudIn({ env: { [full]: `${loopback.url}/x` } }).aws({}, soon()),
    'loopback is asked, without a token',
  )
})

t.test('a web identity that STS refuses is told with the reason, in our words', async t => {
  const other = createIssuer('https://elsewhere')
  const roles = new Map([[role, { issuer: cluster, subject }]])
  const { url } = await startSts(t, { roles })
  const invalid = /^AWS STS refuses the web identity with HTTP 400: the token is not valid, or its issuer/
  const denied = /^AWS STS refuses the web identity with HTTP 403: the trust policy of the role does not name/
  const past = Math.floor(Date.now() / 1000) - 1
  const forged = `${podToken().split('.').slice(0, 2).join('.')}.${other.token({}).split('.')[2]}`
  const cases: [string, string, RegExp][] = [
    ['of another ServiceAccount', podToken({ sub: 'system:serviceaccount:a:b' }), denied],
    ['for another audience', podToken({ aud: ['vault'] }), invalid],
    ['that has ended', podToken({ exp: past }), invalid],
    ['of an unknown issuer', other.token({ sub: subject, aud: 'sts.amazonaws.com', exp: past + 999 }), invalid],
    ['with a forged signature', forged, invalid],
    ['that is none', 'canary', invalid],
  ]
  for (const [name, token, message] of cases) {
    const given = {
      env: { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' },
      files: { '/token': token },
      origins: { 'https://sts.amazonaws.com': url },
    }
    const fault = await faultIn(cloudIn(given).aws({}, soon()))
    t.match(fault, { code: 'IdentityUnavailable', message }, `a token ${name}`)
    t.same(leaks(printed(fault), given), [])
  }
})

t.test('an agent that does not know the pod is told', async t => {
  const agent = await startAwsContainer(t, awsKeys(), 'let-me', '/creds')
  const env = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/creds', AWS_CONTAINER_AUTHORIZATION_TOKEN: 'canary' }
  const fault = await faultIn(cloudIn({ env, origins: { 'http://169.254.170.2': agent.url } }).aws({}, soon()))
  t.match(fault, { message: 'the AWS container endpoint refuses with HTTP 401', remedy: /pod identity association/ })
  t.notMatch(printed(fault), /canary/)
})

t.test('the STS of the region is asked where the environment names one', async t => {
  const sts = await startSts(t, { roles: new Map([[role, { issuer: cluster, subject }]]) })
  const cloud = cloudIn({
    env: {
      AWS_ROLE_ARN: role,
      AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
      AWS_REGION: 'eu-west-1',
      AWS_ROLE_SESSION_NAME: 'mine',
    },
    files: { '/token': podToken() },
    origins: { 'https://sts.eu-west-1.amazonaws.com': sts.url },
  })
  t.equal(await sts.whoami(textOf(await cloud.aws({}, soon()))), `${role}/mine`)
  t.equal(sts.seen[0]?.headers.host, 'sts.eu-west-1.amazonaws.com')
})

t.test('entities and markup in an answer of STS are no keys', async t => {
  const pieces = [
    '<AccessKeyId>&canary;</AccessKeyId>',
    '<AccessKeyId><b>A</b></AccessKeyId>',
    '<AccessKeyId>'.repeat(4000),
  ]
  for (const piece of pieces) {
    const { url } = await serve(t, () => ({
      body: `<!DOCTYPE a [<!ENTITY canary SYSTEM "file:///etc/passwd">]><r>${piece}<SecretAccessKey>a</SecretAccessKey></r>`,
    }))
    const given = {
      env: { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' },
      files: { '/token': podToken() },
      origins: { 'https://sts.amazonaws.com': url },
    }
    const fault = await faultIn(cloudIn(given).aws({}, soon()))
    t.equal(fault.message, 'AWS STS gives no access key id and secret')
  }
})

t.test('a real file system tells that a file is absent, a folder, or empty', async t => {
  const dir = t.testdir({ empty: '' })
  const cloud = (path: string) =>
    cloudIn({
      env: { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: path },
      options: { readFile: path => readFile(path, 'utf8') },
    })
  t.match((await faultIn(cloud(`${dir}/none`).aws({}, soon()))).message, /does not exist$/)
  t.match((await faultIn(cloud(dir).aws({}, soon()))).message, /is a folder$/)
  t.match((await faultIn(cloud(`${dir}/empty`).aws({}, soon()))).message, /is empty$/)
})
