export { isLocalAddress } from './address.ts'
export { type Akeyless, type AkeylessOptions, createAkeyless } from './akeyless.ts'
export type { Resolve } from './dial.ts'
export type { Call } from './exchange.ts'
