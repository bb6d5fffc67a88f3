import { unavailable } from '../unavailable.ts'
import type { Lasting, World } from '../world.ts'
import { container } from './container.ts'
import { env } from './env.ts'
import { imds } from './imds.ts'
import type { AwsKeys, Source } from './keys.ts'
import { webIdentity } from './web-identity.ts'

const sources: readonly Source[] = [env, webIdentity, container, imds]

const usually = 'annotate the ServiceAccount of Latchkey with eks.amazonaws.com/role-arn, or give it a pod identity'

/** Keys from the first source that has some, in the order of AWS's SDKs. Throws one fault that names every place without. */
export const findKeys = async (world: World, signal: AbortSignal): Promise<Lasting<AwsKeys>> => {
  const places: string[] = []
  let remedy = usually
  for (const source of sources) {
    const looked = await source.look(world, signal)
    if ('value' in looked) return looked
    places.push(`${source.name}: ${looked.why}`)
    if (looked.remedy && looked.remedy !== '') remedy = `${usually}; on the instance, ${looked.remedy}`
  }
  throw unavailable(`no AWS credentials are to be found (${places.join('; ')})`, remedy)
}
