import type { Identity } from '#api'
import type { Store } from './store.ts'

/** What an empty akeylessGWApiURL means. */
export const defaultGateway = 'https://api.akeyless.io'

/**
 * Scheme, host and port: where an item is, however the URL is written. Base paths of one host lead to one API (akeyless.md §4.5). What
 * is no URL is itself.
 */
export const originOf = (gateway: string): string => URL.parse(gateway)?.origin ?? gateway

/** The origin of the gateway of a store. */
export const gatewayOf = ({ spec }: Store): string =>
  originOf(spec.provider.akeyless?.akeylessGWApiURL || defaultGateway)

/** Who logs in; undefined where nothing but a token tells it. */
export const accessIdOf = ({ login }: Identity): string | undefined =>
  'accessId' in login ? login.accessId : undefined
