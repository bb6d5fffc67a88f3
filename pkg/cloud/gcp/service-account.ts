import { createPrivateKey, type KeyObject } from 'node:crypto'
import { Sensitive } from '#core'
import { type Members, membersOf, objectIn, retryAfter } from '../answer.ts'
import { endOf, signedJwt } from '../jwt.ts'
import { unavailable } from '../unavailable.ts'
import { fileOf, type Lasting, type World } from '../world.ts'

const who = 'Google’s token endpoint'
const named = 'the file that GOOGLE_APPLICATION_CREDENTIALS names'
const lifeSeconds = 3600

interface ServiceAccount {
  readonly email: string
  readonly key: KeyObject
  readonly keyId: string | undefined
  readonly tokenUrl: string
}

const keyIn = (pem: string | undefined): KeyObject => {
  try {
    if (pem) {
      const key = createPrivateKey(pem)
      if (key.asymmetricKeyType === 'rsa') return key
    }
  } catch {
    // what OpenSSL says may quote the file
  }
  throw unavailable(`${named} holds no RSA key in private_key`, 'make a new key of the service account')
}

const tokenUrlIn = (said: string | undefined): string => {
  const url = said ?? 'https://oauth2.googleapis.com/token'
  if (URL.canParse(url) && new URL(url).protocol === 'https:') return url
  throw unavailable(`${named} has a token_uri that is no https URL`, 'make a new key of the service account')
}

const otherKinds = [
  'authorized_user',
  'external_account',
  'external_account_authorized_user',
  'impersonated_service_account',
]

const read = (file: Sensitive): ServiceAccount => {
  const said: Members | undefined = membersOf(file.reveal().toString())
  if (!said) throw unavailable(`${named} is no JSON object`, 'name the key file of a service account')
  const kind = said.text('type') ?? ''
  if (kind !== 'service_account') {
    const what = otherKinds.includes(kind) ? `is of the kind ${kind}` : 'is of an unknown kind'
    const remedy = 'use the key file of a service account, or leave the variable out to use the metadata server'
    throw unavailable(`${named} ${what}, of which no ID token can be had`, remedy)
  }
  const email = said.text('client_email')
  if (!email) throw unavailable(`${named} has no client_email`, 'make a new key of the service account')
  return {
    email,
    key: keyIn(said.text('private_key')),
    keyId: said.text('private_key_id'),
    tokenUrl: tokenUrlIn(said.text('token_uri')),
  }
}

/** An ID token for the key file of a service account: a JWT that it signs, exchanged (akeyless.md §4.4). Throws IdentityUnavailable. */
export const fromKeyFile = async (
  world: World,
  path: string,
  audience: string,
  signal: AbortSignal,
): Promise<Lasting<Sensitive>> => {
  const { email, key, keyId, tokenUrl } = read(await fileOf(world, 'GOOGLE_APPLICATION_CREDENTIALS', path))
  const now = Math.floor(world.now() / 1000)
  const claims = { iss: email, sub: email, aud: tokenUrl, iat: now, exp: now + lifeSeconds, target_audience: audience }
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: signedJwt({ alg: 'RS256', kid: keyId }, claims, key),
  }
  const answer = await world.line({ who, method: 'POST', url: tokenUrl, place: 'public', form }, signal)
  if (answer.status !== 200) {
    const remedy = 'see that the key is not deleted, the service account enabled and the clock right'
    throw unavailable(`${who} refuses the service account with HTTP ${answer.status}`, remedy, retryAfter(answer))
  }
  const jwt = objectIn(answer, who).text('id_token') ?? ''
  const endsAt = endOf(jwt)
  if (endsAt === undefined) throw unavailable(`${who} answers without an ID token`)
  return { value: Sensitive.text(jwt), endsAt }
}
