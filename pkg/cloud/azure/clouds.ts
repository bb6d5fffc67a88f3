import { unavailable } from '../unavailable.ts'
import { variable, type World } from '../world.ts'

/** One of the separate clouds of Azure: who issues its tokens, and whom the token that we ask for is meant for. */
export interface AzureCloud {
  readonly authority: string
  readonly management: string
}

const global = { authority: 'https://login.microsoftonline.com', management: 'https://management.azure.com' }
const government = { authority: 'https://login.microsoftonline.us', management: 'https://management.usgovcloudapi.net' }
const china = { authority: 'https://login.chinacloudapi.cn', management: 'https://management.chinacloudapi.cn' }

const names: ReadonlyMap<string, AzureCloud> = new Map([
  ['azurecloud', global],
  ['azurepubliccloud', global],
  ['azureusgovernment', government],
  ['azureusgovernmentcloud', government],
  ['azurechinacloud', china],
  ['azurechinacloud21vianet', china],
])

export const cloudNamed = (name: string): AzureCloud | undefined => names.get(name.trim().toLowerCase())

export const publicCloud: AzureCloud = global

const saidAuthority = (world: Pick<World, 'env'>): string | undefined => {
  const said = variable(world, 'AZURE_AUTHORITY_HOST')
  if (said === undefined) return undefined
  const url = URL.canParse(said) ? new URL(said) : undefined
  if (url?.protocol === 'https:' && url.username === '') return url.origin
  throw unavailable('AZURE_AUTHORITY_HOST is no https URL', 'use https://login.microsoftonline.com, or leave it out')
}

/**
 * The cloud that AZURE_ENVIRONMENT or AZURE_CLOUD names (akeyless.md §4.3), else the one whose authority AZURE_AUTHORITY_HOST is;
 * undefined where nothing tells. Throws IdentityUnavailable.
 */
export const cloudInEnv = (world: Pick<World, 'env'>): AzureCloud | undefined => {
  for (const name of ['AZURE_ENVIRONMENT', 'AZURE_CLOUD']) {
    const said = variable(world, name)
    if (said === undefined) continue
    const cloud = cloudNamed(said)
    if (cloud) return cloud
    throw unavailable(`${name} names no cloud of Azure`, 'use AzureCloud, AzureUSGovernment or AzureChinaCloud')
  }
  const authority = saidAuthority(world)
  return [global, government, china].find(cloud => cloud.authority === authority)
}

/** Where a tenant's tokens are issued: AZURE_AUTHORITY_HOST, which the workload identity webhook sets, or that of the cloud. */
export const authorityOf = (world: Pick<World, 'env'>, cloud: AzureCloud): string =>
  saidAuthority(world) ?? cloud.authority
