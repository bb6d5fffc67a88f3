import t from 'tap'
import { originIn } from '../../../pkg/cloud/origin.ts'
import { startAwsImds } from '../../support/cloud/aws-metadata.ts'
import { awsKeys, cloudIn, faultIn, soon } from './cloud.ts'

const usual = 'http://169.254.169.254'
const cases: readonly (readonly [string | undefined, string | undefined])[] = [
  [undefined, usual],
  ['', usual],
  [' ', usual],
  ['http://127.0.0.1:1338', 'http://127.0.0.1:1338'],
  ['http://127.0.0.1:1338/', 'http://127.0.0.1:1338'],
  ['https://metadata.example.com', 'https://metadata.example.com'],
  ['http://[fd00:ec2::254]', 'http://[fd00:ec2::254]'],
  ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['metadata.google.internal', 'http://metadata.google.internal'],
  ['http://host/path', undefined],
  ['http://host?query', undefined],
  ['http://host#fragment', undefined],
  ['http://user:password@host', undefined],
  ['ftp://host', undefined],
  ['http://', undefined],
  ['a b', undefined],
]
t.test('a metadata service is where the variable of the SDKs says, or where it usually is', async t => {
  for (const [text, wanted] of cases) {
    const work = async () => originIn({ env: { HOST_OF: text } }, 'HOST_OF', usual)
    if (wanted !== undefined) t.equal(await work(), wanted, String(text))
    else
      t.match(
        await faultIn(work()),
        { code: 'IdentityUnavailable', message: 'HOST_OF names no host', remedy: /^write it as http:\/\/169/ },
        String(text),
      )
  }
})

t.test('a service that is looked for elsewhere is asked there alone', async t => {
  const [there, usually] = [
    await startAwsImds(t, { keys: awsKeys(), role: 'r', here: true }),
    await startAwsImds(t, { keys: awsKeys(), role: 'r' }),
  ]
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: there.url }
  await cloudIn({ env, origins: { [usual]: usually.url } }).aws({}, soon())
  t.same([there.seen.length, usually.seen.length], [3, 0])
})
