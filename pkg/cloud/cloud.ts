import { setTimeout as pause } from 'node:timers/promises'
import type { Sensitive } from '#core'
import { findKeys } from './aws/chain.ts'
import type { AwsKeys } from './aws/keys.ts'
import { regionOf } from './aws/region.ts'
import { signedIdentity } from './aws/sign.ts'
import { ownToken } from './azure/chain.ts'
import { federated, type ProjectedToken, type Workload } from './azure/federated.ts'
import { managed } from './azure/managed.ts'
import { fromMetadata } from './gcp/metadata.ts'
import { fromKeyFile } from './gcp/service-account.ts'
import { createKeep } from './keep.ts'
import { createLine, type Patience } from './line.ts'
import { cloudIdOf } from './opened.ts'
import { variable, type World } from './world.ts'

export interface CloudOptions {
  readonly env: World['env']
  readonly readFile: World['readFile']
  readonly now: World['now']
  readonly projectedToken: ProjectedToken
  /** Between two tries; real time where absent. */
  readonly wait?: World['wait']
  readonly patience?: Patience
  /** Where to ask instead of an origin, as `http://169.254.169.254`: for tests, which have no cloud. Never in production. */
  readonly origins?: ReadonlyMap<string, string>
}

/** Whose Azure identity: a workload's, a managed identity's by its object id, else our own. */
export interface AzureOf {
  readonly objectId?: string | undefined
  readonly workload?: Workload | undefined
}

/**
 * The cloud-ids that prove to Akeyless who we are, base64 as /auth wants them. Everything throws the fault IdentityUnavailable,
 * or the reason of the signal.
 */
export interface Cloud {
  /** `regional` signs for the STS of AWS_REGION, else us-east-1, which China and GovCloud need; not the global one. */
  aws(options: { readonly regional?: boolean | undefined }, signal: AbortSignal): Promise<Sensitive>
  azure(of: AzureOf, signal: AbortSignal): Promise<Sensitive>
  /** An empty audience is `akeyless.io`. */
  gcp(audience: string, signal: AbortSignal): Promise<Sensitive>
}

const usualPatience: Patience = { connectMs: 2000, totalMs: 10_000 }

const sleep: World['wait'] = async (ms, signal) => {
  await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
}

export const createCloud = (options: CloudOptions): Cloud => {
  const { env, readFile, now, wait = sleep, patience = usualPatience, origins = new Map(), projectedToken } = options
  const world: World = { env, readFile, now, wait, line: createLine({ env, patience, origins }) }
  const keys = createKeep<AwsKeys>(now)
  const tokens = createKeep<Sensitive>(now)

  const azureToken = async ({ objectId, workload }: AzureOf, signal: AbortSignal): Promise<Sensitive> => {
    // not kept: a ServiceAccount that is deleted must not go on logging in by a token of before
    if (workload) return (await federated(world, projectedToken, workload, signal)).value
    if (objectId) return tokens.of(JSON.stringify(['azure', objectId]), on => managed(world, objectId, on), signal)
    return tokens.of(JSON.stringify(['azure']), on => ownToken(world, on), signal)
  }

  return {
    async aws({ regional = false }, signal) {
      const region = regional ? (regionOf(world) ?? 'us-east-1') : undefined
      const found = await keys.of('aws', on => findKeys(world, on), signal)
      return signedIdentity(found, now(), region)
    },
    azure: async (of, signal) => cloudIdOf(await azureToken(of, signal)),
    async gcp(said, signal) {
      const audience = said || 'akeyless.io'
      const path = variable(world, 'GOOGLE_APPLICATION_CREDENTIALS')
      const get = (on: AbortSignal) =>
        path === undefined ? fromMetadata(world, audience, on) : fromKeyFile(world, path, audience, on)
      return cloudIdOf(await tokens.of(JSON.stringify(['gcp', audience]), get, signal))
    },
  }
}
