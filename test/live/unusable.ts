// Items and credentials that cannot be used, and what the status says of them. NS stands for the namespace of the test.
import { entry } from '../support/objects.ts'
import { at, credsAt } from './refused.ts'

/** Five failed logins block an identity: this one fails on purpose and is used for nothing else. */
export const mistaken = 'p-mistakenmistab'

const extract = (key: string) => ({ data: null, dataFrom: [{ extract: { key } }] })
const ref = 'spec.data[0].remoteRef'
/** Changes to the spec of an ExternalSecret that worked. */
export const unreadable = [
  {
    name: 'item-missing',
    spec: { data: [entry('a', '/apps/none')] },
    text: `${ref}.key: item "/apps/none" not found → check the path, or create the item`,
  },
  {
    name: 'item-forbidden',
    spec: { data: [entry('a', '/private/token')] },
    text: `${ref}.key: item "/private/token" may not be read by this identity → grant read on the path to the access role of the identity`,
  },
  {
    name: 'version-missing',
    spec: { data: [{ secretKey: 'a', remoteRef: { key: '/apps/db-password', version: '9' } }] },
    text: `${ref}.version: item "/apps/db-password" has no version 9 → name a version that exists, or leave it out for the latest`,
  },
  {
    name: 'property-missing',
    spec: { data: [entry('a', '/apps/config', 'passwort')] },
    text: `${ref}.property: item "/apps/config" has no property "passwort" → name a property of its JSON value`,
  },
  {
    name: 'property-of-certificate',
    spec: { data: [entry('a', '/apps/certificate', 'tls.crt')] },
    text: `${ref}.property: item "/apps/certificate" has no property "tls.crt" → a certificate item has certificate_pem and private_key_pem`,
  },
  {
    name: 'property-of-plain-text',
    spec: { data: [entry('a', '/apps/banner', 'password')] },
    text: `${ref}.property: item "/apps/banner" holds plain text, which has no property "password" → leave property out to take the whole value, or store JSON in the item`,
  },
  {
    name: 'item-of-another-type',
    spec: { data: [entry('a', '/apps/key')] },
    text: `${ref}.key: item "/apps/key" is of type CLASSIC_KEY, which holds no readable value → name a static, dynamic, rotated or certificate item`,
  },
  {
    name: 'extract-of-plain-text',
    spec: extract('/apps/banner'),
    text: 'spec.dataFrom[0].extract.key: item "/apps/banner" holds plain text → take it as one value with data, or store a JSON object in the item',
  },
  {
    name: 'extract-of-a-list',
    spec: extract('/apps/list'),
    text: 'spec.dataFrom[0].extract.key: item "/apps/list" holds JSON that is not an object → take it as one value with data, or store a JSON object in the item',
  },
  {
    name: 'extract-of-odd-keys',
    spec: extract('/apps/odd-keys'),
    text: 'spec.dataFrom[0].extract.key: item "/apps/odd-keys" gives the key "..", which starts with two dots → rename it by a rewrite, or take it with data under another secretKey',
  },
  {
    name: 'several-items',
    spec: { data: [entry('a', '/apps/none'), entry('b', '/apps/db-username'), entry('c', '/apps/config', 'x')] },
    text: [
      `${ref}.key: item "/apps/none" not found → check the path, or create the item`,
      'spec.data[2].remoteRef.property: item "/apps/config" has no property "x" → name a property of its JSON value',
    ].join('; '),
  },
]

const key = (secret: string, name: string) => `Secret NS/${secret}, key "${name}",`
export const encode = (text: string) => Buffer.from(text).toString('base64')
/** Changes to the Secret that a store logs in with; without one it is removed. */
export const unusable = [
  {
    name: 'unknown-access-type',
    change: { data: { accessType: encode('apikey') } },
    text: `${credsAt}.accessType: ${key('unknown-access-type', 'accessType')} holds no access type that Akeyless has → write one of api_key, access_key, k8s, aws_iam, azure_ad, gcp, jwt, universal_identity, cert`,
  },
  {
    name: 'no-access-id',
    change: { data: { accessId: null } },
    text: `${credsAt}.accessID: Secret NS/no-access-id has no key "accessId" → add the key, or name one that is there: "accessType", "accessTypeParam"`,
  },
  {
    name: 'empty-access-id',
    change: { data: { accessId: '' } },
    text: `${credsAt}.accessID: ${key('empty-access-id', 'accessId')} is empty → put the access id there`,
  },
  {
    name: 'empty-access-key',
    change: { data: { accessTypeParam: '' } },
    text: `${credsAt}.accessTypeParam: ${key('empty-access-key', 'accessTypeParam')} is empty → put the access key there`,
  },
  {
    name: 'no-credentials',
    change: undefined,
    text: `${at}.authSecretRef: Secret NS/no-credentials does not exist → create it`,
  },
  {
    name: 'wrong-credentials',
    accessId: mistaken,
    change: { data: { accessTypeParam: encode('wrong') } },
    text: `${at}.authSecretRef: gateway api.akeyless.io refuses the login → check key "accessId" of Secret NS/wrong-credentials and key "accessTypeParam" of Secret NS/wrong-credentials`,
  },
]
