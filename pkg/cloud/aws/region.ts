import { unavailable } from '../unavailable.ts'
import { variable, type World } from '../world.ts'

const form = /^[a-z]{2,4}(-[a-z]{2,12}){1,3}-\d{1,2}$/

/** The region in the environment. Throws IdentityUnavailable where the text is none: it becomes part of a host name. */
export const regionOf = (world: Pick<World, 'env'>): string | undefined => {
  const region = variable(world, 'AWS_REGION') ?? variable(world, 'AWS_DEFAULT_REGION')
  if (region === undefined || form.test(region)) return region
  throw unavailable('AWS_REGION is no region of AWS', 'set it to a region, as eu-west-1')
}

/** The host of STS in a region; China has a domain of its own. */
export const stsHost = (region: string): string => `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`

export const globalSts = 'sts.amazonaws.com'
